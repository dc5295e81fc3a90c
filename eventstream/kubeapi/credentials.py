"""Reads credentials as kubectl does where the `kubernetes` package's loader falls short.

The package logs an exec plugin's failure and goes on without credentials, so that the server's
401 is all that one sees; it does not run plugins named by a relative path, and it stumbles over
a context without a user.
"""

# The package's configuration half has no annotations.
# mypy: allow-untyped-calls

import asyncio
import datetime as dt
import os
from pathlib import Path
from typing import Any

from kubernetes.aio.config import ConfigException
from kubernetes.aio.config.dateutil import parse_rfc3339
from kubernetes.aio.config.exec_provider import ExecProvider
from kubernetes.aio.config.kube_config import ConfigNode, FileOrData, KubeConfigLoader

from eventstream.objects.observations import Problem

EXEC_SECONDS = 60.0
"""How long an exec plugin may take; one that waits for a person to type is not waited for."""


class ExecPluginError(Exception):
    """An exec plugin gave no credentials; `problem` says which and why."""

    def __init__(self, command: str, why: str, hint: str) -> None:
        self.problem = Problem(
            "exec-plugin",
            f"The kubeconfig's exec plugin {command!r} gave no credentials: {why}",
            "it is not installed, not on the PATH, or its own sign-in has expired",
            hint or f"run {command!r} in a shell, sign in as it asks, and try again",
        )
        super().__init__(self.problem.message)


class Loader(KubeConfigLoader):
    """The package's loader, with exec plugins whose failures are told."""

    exec_plugin_expiry: dt.datetime
    _user: Any
    _cluster: Any

    def set_active_context(self, context_name: str | None = None) -> None:
        """Choose the context; one without a user has an empty user rather than none."""
        super().set_active_context(context_name)
        if self._user is None:
            self._user = ConfigNode("user", {}, self._cluster.path)

    @property
    def renewable(self) -> bool:
        """Whether the token may change without the kubeconfig changing."""
        if "exec" in self._user:
            return hasattr(self, "exec_plugin_expiry")
        return "tokenFile" in self._user or self.provider is not None

    async def load_from_exec_plugin(self) -> bool:
        """Take token or client certificate from the plugin, unless those in hand still hold."""
        now = dt.datetime.now(dt.UTC)
        if hasattr(self, "exec_plugin_expiry") and now < self.exec_plugin_expiry:
            return True
        status = await self._run_plugin()
        if "token" in status:
            self.token = f"Bearer {status['token']}"
        if "clientCertificateData" in status and "clientKeyData" in status:
            self.cert_file = self._as_file(status, "clientCertificateData")
            self.key_file = self._as_file(status, "clientKeyData")
        elif "token" not in status:
            raise self._failure("it answered without a token and without a certificate and key")
        if status.get("expirationTimestamp"):
            expiry = parse_rfc3339(status["expirationTimestamp"])
            self.exec_plugin_expiry = expiry - dt.timedelta(seconds=30)
        return True

    async def _run_plugin(self) -> dict[str, Any]:
        try:
            provider = ExecProvider(self._user["exec"])
            provider.args[0] = self._command(provider.args[0])
            async with asyncio.timeout(EXEC_SECONDS):
                status: dict[str, Any] = await provider.run()
        except TimeoutError as error:
            raise self._failure(f"it did not answer within {EXEC_SECONDS:g} s") from error
        except (ConfigException, OSError, ValueError, TypeError, KeyError) as error:
            raise self._failure(str(error)) from error
        return status

    def _command(self, command: str) -> str:
        """Resolve a command with a slash against the kubeconfig's folder, as kubectl does."""
        if os.sep not in command or Path(command).is_absolute():
            return command
        return str(Path(self._get_base_path(self._user.path)) / command)

    def _failure(self, why: str) -> ExecPluginError:
        plugin = self._user["exec"].value
        return ExecPluginError(
            str(plugin.get("command", "without a command")), why, str(plugin.get("installHint", ""))
        )

    def _as_file(self, status: dict[str, Any], key: str) -> str | None:
        data = FileOrData(status, None, data_key_name=key, base64_file_content=False)
        path: str | None = data.as_file()
        return path
