// The page's socket: says hello, hears, and comes back after every close, with jitter, within 15 s.
const LONGEST_MS = 15000;
const SILENT_MS = 20000; // The server says something every 5 s; after this long the line is dead.
const SILENT_OFFLINE_MS = 7000; // The same where the browser has no network: Baton may still be on this machine.

/** Keeps one socket open. `hello()` gives the first message; `heard(message)` takes each one. */
export class Link {
  constructor({ hello, heard, changed }) {
    Object.assign(this, { hello, heard, changed });
    this.failures = 0;
    this.last = 0;
    this.heardAt = Date.now();
    setInterval(() => this.watch(), 5000);
    addEventListener("online", () => this.hurry());
    addEventListener("pageshow", (shown) => shown.persisted && this.hurry());
    document.addEventListener("visibilitychange", () => !document.hidden && this.hurry());
  }

  open() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${document.body.dataset.live}`);
    this.socket = socket;
    this.last = Date.now();
    socket.onopen = () => this.send(this.hello());
    socket.onmessage = ({ data }) => {
      if (socket !== this.socket) return;
      this.last = this.heardAt = Date.now();
      const message = JSON.parse(data);
      if (message.type === "welcome") {
        this.failures = 0;
        this.changed(true);
      }
      this.heard(message);
    };
    socket.onclose = () => socket === this.socket && this.again();
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Try again later: soon at first, at most LONGEST_MS after a close. */
  again() {
    this.socket = undefined;
    this.changed(false);
    const most = Math.min(LONGEST_MS, 500 * 2 ** this.failures++);
    this.timer = setTimeout(() => this.open(), most / 2 + (Math.random() * most) / 2);
  }

  /** Try at once, and soon again where that was too early. */
  hurry() {
    this.failures = 0;
    if (this.timer !== undefined) this.open();
  }

  watch() {
    if (!this.socket || Date.now() - this.last < (navigator.onLine ? SILENT_MS : SILENT_OFFLINE_MS)) return;
    const dead = this.socket;
    this.again(); // A dead line may take minutes to notice its own close.
    dead.close();
  }
}
