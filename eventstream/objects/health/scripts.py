"""Health scripts in Lua, as Argo CD takes them, in a sandbox that is bounded in steps and memory.

A script is a function body that sees the object as `obj` and returns a table with `status` and
`message`. It has Lua's base, table, string and math, and the time of day; nothing that reads or
writes outside.
Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/health/#custom-health-checks
"""

from typing import Any

from lupa import lua52

from eventstream.objects.health.choosing import chosen
from eventstream.objects.health.records import Health, HealthState

Entry = dict[str, Any]

STEPS_MOST = 2_000_000
"""Lua instructions that one judgement may take: about 20 ms."""
MEMORY_MOST = 64 << 20
"""Bytes that all of an installation's scripts may hold at once."""
_SUBJECTS_MOST = (8192, 8192, 512, 192, 64, 32)
"""Bytes of a text that a pattern of so many repetitions reads: patterns are matched in C, where no
steps are counted, in a time that grows by a power for each. A time of day, which takes many, has
room in the last."""

_STATES: dict[str, HealthState] = {
    "Healthy": "complete",
    "Progressing": "progressing",
    "Degraded": "failed",
    "Suspended": "suspended",
    "Missing": "unknown",
    "Unknown": "unknown",
}

_PRELUDE = """
local steps, most = ...
local sethook, load, unpack = debug.sethook, load, table.unpack
local pcall, xpcall, error, tostring, type = pcall, xpcall, error, tostring, type
local sub, spent, allowed = string.sub, false, {}
local function copied(from, but)
  local own = {}
  for name, value in pairs(from) do own[name] = value end
  for _, name in pairs(but) do own[name] = nil end
  return own
end
local gsub = string.gsub
local function short(text, pattern)
  if type(text) ~= 'string' or type(pattern) ~= 'string' or #text <= most[6] then return text end
  local _, repetitions = gsub(sub(pattern, 1, 256), '[*+-]', '')
  return sub(text, 1, most[#pattern > 256 and 6 or math.min(repetitions, 5) + 1])
end
local function ended() error('it takes more than ' .. steps .. ' steps', 0) end
local function guarded(call)
  return function(...)
    local found = {call(...)}
    if spent then ended() end
    return unpack(found)
  end
end
for _, name in pairs({'find', 'match', 'gmatch', 'gsub'}) do
  local plain = string[name]
  string[name] = function(text, pattern, ...) return plain(short(text, pattern), pattern, ...) end
end
local libraries = {
  string = copied(string, {'dump', 'rep'}), table = table, math = math,
  os = { time = os.time, date = os.date, clock = os.clock, difftime = os.difftime },
}
local base = copied(_G, {'io', 'os', 'package', 'require', 'module', 'debug', 'dofile', 'loadfile',
  'load', 'loadstring', 'collectgarbage', 'coroutine', 'print', 'python', 'getmetatable',
  'setmetatable'})
base.pcall, base.xpcall = guarded(pcall), guarded(xpcall)
base.print, base.unpack = function() end, unpack
table.getn = function(list) return #list end
getmetatable('').__index, getmetatable('').__metatable = libraries.string, false
local function judged(source, name, obj)
  local own = copied(base, {})
  for name, library in pairs(libraries) do own[name] = copied(library, {}) end
  own._G, own.obj = own, obj
  own.require = function(name) return own[name] or error('no module ' .. tostring(name), 0) end
  local body = load(source, name, 't', own)
  spent = false
  sethook(function() spent = true; ended() end, '', steps)
  local done, result = pcall(body)
  sethook()
  if spent then ended() end
  if not done then error(result, 0) end
  if type(result) ~= 'table' then error('it returns no table', 0) end
  return tostring(result.status), tostring(result.message or '')
end
local function compiled(source, name)
  local body, wrong = load(source, name, 't', {})
  return wrong or ''
end
return compiled, judged
"""


class ScriptError(ValueError):
    """A script that is no Lua; the message says what and in which line."""


class Scripts:
    """Health scripts by (group, kind); a name of `_` in either stands for anything."""

    def __init__(self, sources: dict[tuple[str, str], str]) -> None:
        """Raises ScriptError for one that cannot be read."""
        self._runtime: Any = lua52.LuaRuntime(
            unpack_returned_tuples=True,
            register_eval=False,
            register_builtins=False,
            max_memory=MEMORY_MOST,
        )
        compiled, self._judged = self._runtime.execute(
            _PRELUDE, STEPS_MOST, self._runtime.table(*_SUBJECTS_MOST)
        )
        self._sources = sources
        for key, source in sources.items():
            wrong = compiled(source, f"={'/'.join(key)}")
            if wrong:
                raise ScriptError(wrong)

    def has(self, group: str, kind: str) -> bool:
        """Whether there is a script for this kind."""
        return chosen(self._sources, group, kind, "_") is not None

    def judge(self, group: str, kind: str, found: Entry) -> Health | None:
        """What the script of this kind says of `found`; None where there is no script for it."""
        key = chosen(self._sources, group, kind, "_")
        if key is None:
            return None
        by = f"health script {'/'.join(key)}"
        try:
            table = self._runtime.table_from(found, recursive=True)
            status, message = self._judged(self._sources[key], f"={'/'.join(key)}", table)
        except (lua52.LuaError, MemoryError, RecursionError, UnicodeError) as error:
            why = str(error).partition("\n")[0][:300]
            return Health("unknown", f"{by} failed: {why}", basis="script")
        state = _STATES.get(status)
        if state is None:
            return Health("unknown", f"{by} answers {status[:64]!r}", basis="script")
        return Health(state, f"{by} answers {status}", "", message, basis="script")
