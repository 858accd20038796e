"""``POST /v1/logs``: OTLP log records of an agent's program, as http/json; what its requests cost."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from orchestrator_tui.core.errors import Forbidden, OrchestratorError, StoreUnavailable
from orchestrator_tui.mcp.backend import Backend
from orchestrator_tui.mcp.guard import caller_of
from orchestrator_tui.mcp.hooks import error_response, internal_error, read_object
from orchestrator_tui.mcp.traffic import Traffic
from orchestrator_tui.mcp.wire_errors import describe

_TRY_AGAIN = 503


class Telemetry:
    """Hands records to the backend under the agent that its token names."""

    def __init__(self, backend: Backend, traffic: Traffic) -> None:
        self._backend = backend
        self._traffic = traffic

    async def __call__(self, request: Request) -> Response:
        """One export."""
        caller = caller_of(request.scope)
        self._traffic.count(caller, "/v1/logs")
        try:
            if caller.agent_id is None:
                raise Forbidden("Telemetry is an agent's own word.", remedy="Send it with that agent's token.")
            await self._backend.telemetry(caller.agent_id, await read_object(request))
        except StoreUnavailable as error:
            return JSONResponse({"error": describe(error)}, status_code=_TRY_AGAIN)
        except OrchestratorError as error:
            return error_response(error)
        except Exception:
            return internal_error("telemetry")
        return JSONResponse({})
