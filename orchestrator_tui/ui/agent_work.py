"""What the actions on agents do: asking through dialogs and commanding through the client."""

from functools import partial

from orchestrator_tui.core.attention import AttentionKind
from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.lifecycle import GONE_STATES
from orchestrator_tui.core.models import AgentState
from orchestrator_tui.ui.actions import When
from orchestrator_tui.ui.availability import reason_unavailable
from orchestrator_tui.ui.desk import Desk, Handlers
from orchestrator_tui.ui.dialogs.approve import ApproveDialog
from orchestrator_tui.ui.dialogs.confirm import ConfirmDialog
from orchestrator_tui.ui.dialogs.confirm_kill import ConfirmKillDialog
from orchestrator_tui.ui.dialogs.inbox import InboxDialog
from orchestrator_tui.ui.dialogs.line import RenameDialog, SendDialog
from orchestrator_tui.ui.dialogs.why import WhyDialog
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.pane_work import PaneWork
from orchestrator_tui.ui.progress import name_job


class AgentWork:
    """Starts, answers, ends and names agents. ``is_attached`` while the terminal is lent to one."""

    def __init__(self, desk: Desk, pane: PaneWork) -> None:
        self._desk = desk
        self._pane = pane
        self.is_attached = False

    def handlers(self) -> Handlers:
        """What this object runs."""
        return {
            "agent.attach": self._attach,
            "agent.approve": self._approve,
            "inbox.open": self._inbox,
            "agent.why": self._why,
            "agent.send": self._send,
            "agent.kill": self._kill,
            "agent.restart": self._restart,
            "agent.rename": self._rename,
            "agent.hold": self._hold,
            "quota.release": self._release_quota,
            "pane.copy": self._copy,
            "pane.type": self._type,
        }

    async def _attach(self) -> None:
        argv = await self._desk.client.attach_argv(self._desk.agent().id)
        self.is_attached = True
        self._desk.dashboard.refresh_model()
        try:
            await self._desk.attacher(self._desk.app, argv)
        finally:
            self.is_attached = False
            self._desk.dashboard.refresh_model()

    async def _approve(self) -> None:
        agent = self._desk.agent()
        items = [item for item in self._desk.model.attention if item.agent_id == agent.id]
        item = next((item for item in items if item.can_answer or item.can_choose), None)
        if item is None:
            raise NotAllowedNow(f"{agent.name} asks nothing that can be answered here.", remedy="enter attaches.")
        if item.kind is not AttentionKind.PERMISSION:
            await self._inbox(item.id)
            return
        frame = await self._desk.client.pane_frame(agent.id)
        allow = await self._desk.app.push_screen_wait(ApproveDialog(agent.name, frame, item.text))
        if allow is not None:
            # By the request's own id: another prompt that came meanwhile is not answered by this key.
            await self._desk.client.answer(item.id, allow)
            self._desk.done(f"{'Allowed' if allow else 'Denied'}: {agent.name}.")

    async def _inbox(self, item_id: str | None = None) -> None:
        dialog = InboxDialog(self._desk.client, self._desk.model, self._desk.dashboard.clock, item_id)
        chosen = await self._desk.app.push_screen_wait(dialog)
        if chosen is not None and chosen.agent_id is not None:
            self._desk.dashboard.choose(Panel.AGENTS, chosen.agent_id)
            reason = reason_unavailable(When.ATTACHABLE, self._desk.target())
            if reason is not None:
                self._desk.warn(reason)
            else:
                await self._attach()

    async def _why(self) -> None:
        agent = self._desk.agent()
        await self._desk.app.push_screen_wait(WhyDialog(self._desk.client, agent.id, agent.name))

    async def _send(self) -> None:
        agent = self._desk.agent()
        await self._desk.app.push_screen_wait(
            SendDialog(partial(self._desk.client.send, agent.id), agent_name=agent.name)
        )

    async def _rename(self) -> None:
        agent = self._desk.agent()
        rename = partial(self._desk.client.rename, agent.id)
        await self._desk.app.push_screen_wait(RenameDialog(rename, agent_name=agent.name, text=agent.name))

    async def _kill(self) -> None:
        agent = self._desk.agent()
        if agent.state in GONE_STATES:
            question = f"Forget {agent.name} and close its window?"
            dialog = ConfirmDialog(f"Remove {agent.name}", question, yes="remove")
            if await self._desk.app.push_screen_wait(dialog):
                await self._desk.client.remove(agent.id)
            return
        preview = await self._desk.client.kill_preview(agent.id)
        if await self._desk.app.push_screen_wait(ConfirmKillDialog(preview)):
            name_job(f"Ending {agent.name}")
            with self._desk.killing():
                await self._desk.client.kill(agent.id)
                undo = self._desk.offer_undo(((agent.id, agent.name),))
            self._desk.done(f"Killed {agent.name}. {undo}")

    async def _restart(self) -> None:
        agent = self._desk.agent()
        if agent.current_task and agent.state in (AgentState.BUSY, AgentState.WAITING):
            question = f"Restart {agent.name} while it works on {agent.current_task}?"
            losses = ("This attempt of the mission ends; the next one goes on in the same conversation.",)
            dialog = ConfirmDialog(f"Restart {agent.name}", question, losses, yes="restart")
            if not await self._desk.app.push_screen_wait(dialog):
                return
        name_job(f"Restarting {agent.name}")
        await self._desk.client.restart(agent.id)
        self._desk.done(f"Restarting {agent.name}.")

    async def _hold(self) -> None:
        agent = self._desk.agent()
        await self._desk.client.hold(agent.id, not agent.held)
        told = "takes missions again" if agent.held else "takes no new mission"
        self._desk.done(f"{agent.name} {told}.")

    async def _release_quota(self) -> None:
        released = await self._desk.client.release_quota()
        self._desk.done("Missions start again, one after the other." if released else "No account is at its limit.")

    async def _copy(self) -> None:
        agent = self._desk.agent()
        count = len((await self._pane.copy(agent)).splitlines())
        self._desk.done(f"Copied {count} line{'s' * (count != 1)} of {agent.name}.")

    async def _type(self) -> None:
        await self._pane.type_into(self._desk.agent())
