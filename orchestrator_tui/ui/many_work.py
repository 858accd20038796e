"""What is done to many: to all that is marked, or to all that pass the filter."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.lifecycle import GONE_STATES
from orchestrator_tui.core.models import Priority
from orchestrator_tui.core.views import AgentView, MissionChanges, MissionView
from orchestrator_tui.ui.desk import Desk, Handlers
from orchestrator_tui.ui.dialogs.assign import ANYBODY, AssignDialog
from orchestrator_tui.ui.dialogs.broadcast import BroadcastDialog
from orchestrator_tui.ui.dialogs.confirm_many import ConfirmManyDialog
from orchestrator_tui.ui.dialogs.line import NoteDialog
from orchestrator_tui.ui.marks import acts_on_marks
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.outcomes import Outcome, listed, to_each

NOTHING_LOST = "nothing is lost"


class ManyWork:
    """Marks rows and acts on all of them; those that refuse keep their marks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._of_marks: Handlers = {
            "agent.kill": self._kill,
            "agent.restart": self._restart,
            "agent.send": self._broadcast,
            "agent.hold": self._hold,
            "mission.cancel": self._cancel,
            "mission.retry": self._retry,
            "mission.lower": partial(self._shift_priority, 1),
            "mission.raise": partial(self._shift_priority, -1),
            "mission.assign": self._assign,
        }

    def handlers(self) -> Handlers:
        """What this object runs."""
        return {
            "mark.toggle": self._toggle,
            "agent.broadcast": self._broadcast,
            "agent.undo": self._undo,
            "agent.note": self._note,
            "mission.assign": self._assign,
        }

    def instead_of(self, action_id: str) -> Callable[[], Awaitable[None] | None] | None:
        """What the action does to all that is marked; None when it means the chosen one."""
        in_missions = self._desk.dashboard.active is Panel.MISSIONS
        on_page = self._desk.page is not None
        if not acts_on_marks(action_id, self._desk.model.marks, in_missions=in_missions, on_page=on_page):
            return None
        return self._of_marks[action_id]

    def _toggle(self) -> None:
        target = self._desk.target()
        in_missions = self._desk.dashboard.active is Panel.MISSIONS
        key = target.mission.id if in_missions and target.mission else target.agent.id if target.agent else None
        if key is not None:
            self._desk.model.marks.toggle(key)
            self._desk.dashboard.refresh_model()

    # -- agents ----------------------------------------------------------------------------------------------------

    async def _kill(self) -> None:
        agents, client = self._marked_agents(), self._desk.client
        living = [agent for agent in agents if agent.state not in GONE_STATES]
        previews = await to_each(_named(living), client.kill_preview)
        losses = {key: "; ".join(preview.losses) or NOTHING_LOST for key, preview in previews.done}
        losses |= {key: reason for key, _, reason in previews.refused}
        named = [(agent.name, losses.get(agent.id, "is forgotten and its window closed")) for agent in agents]
        question = f"End {listed([agent.name for agent in agents])} and everything they run?"
        if not await self._confirmed("Kill", len(agents), question, named, "kill"):
            return
        gone = {agent.id for agent in agents} - {agent.id for agent in living}

        async def end(agent_id: int) -> None:
            await (client.remove(agent_id) if agent_id in gone else client.kill(agent_id))

        with self._desk.killing():
            outcome = await to_each(_named(agents), end)
            killed = tuple((agent.id, agent.name) for agent in living if agent.id in outcome.done_keys)
            undo = self._desk.offer_undo(killed) if killed else ""
        self._tell(outcome, "killed" if killed or not outcome.done else "forgotten", undo)

    async def _restart(self) -> None:
        agents = self._marked_agents()
        named = [
            (agent.name, f"this attempt of {agent.current_task} ends" if agent.current_task else NOTHING_LOST)
            for agent in agents
        ]
        question = f"Restart {listed([agent.name for agent in agents])} on their conversations?"
        if await self._confirmed("Restart", len(agents), question, named, "restart"):
            self._tell(await to_each(_named(agents), self._desk.client.restart), "restarted")

    async def _hold(self) -> None:
        agents = self._marked_agents()
        held = not all(agent.held for agent in agents)
        outcome = await to_each(_named(agents), lambda key: self._desk.client.hold(key, held))
        self._tell(outcome, "held" if held else "released", keeps_marks=True)

    async def _broadcast(self) -> None:
        agents, whence = self._marked_agents(), "They are marked."
        if not agents:
            shown = self._desk.model.shown_agents()
            agents = [agent for agent in shown if agent.state not in GONE_STATES]
            query = self._desk.model.filters.get(Panel.AGENTS, "")
            whence = f"They pass the filter: {query}" if query else "All that run; space marks some, / filters."
        if not agents:
            raise NotAllowedNow("No agent that runs is marked or shown.", remedy="n starts one; esc clears the filter.")

        async def submit(line: str) -> None:
            outcome = await to_each(_named(agents), lambda key: self._desk.client.send(key, line))
            if not outcome.done:
                # Nobody has it: what was written stays in the dialog.
                raise NotAllowedNow(outcome.told("sent"))
            self._tell(outcome, "sent")

        await self._desk.app.push_screen_wait(BroadcastDialog(submit, agents, whence=whence))

    async def _undo(self) -> None:
        await self._desk.kills_ended()
        offer = self._desk.undo_offer()
        if offer is None:
            # The kill that it waited for was refused, and that is told.
            return
        self._desk.model.undos.remove(offer)
        self._desk.dashboard.refresh_model()
        outcome = await to_each(offer.agents, self._desk.client.undo_kill)
        missions = [mission_id for _, again in outcome.done for mission_id in again]
        self._tell(outcome, "brought back" + (f" with {listed(missions)}" if missions else ""))

    async def _note(self) -> None:
        agent = self._desk.agent()
        submit = partial(self._desk.client.note, agent.id)
        await self._desk.app.push_screen_wait(NoteDialog(submit, agent_name=agent.name, text=agent.note or ""))

    # -- missions --------------------------------------------------------------------------------------------------

    async def _cancel(self) -> None:
        missions = self._marked_missions()
        named = [
            (mission.id, f"{mission.title}" + (f"; {mission.agent_name} is interrupted" if mission.agent_name else ""))
            for mission in missions
        ]
        question = f"Cancel {listed([mission.id for mission in missions])}?"
        if await self._confirmed("Cancel", len(missions), question, named, "cancel the missions", of="mission"):
            self._tell(await to_each(_ids(missions), self._desk.client.cancel_mission), "cancelled")

    async def _retry(self) -> None:
        self._tell(await to_each(_ids(self._marked_missions()), self._desk.client.retry_mission), "queued again")

    async def _shift_priority(self, by: int) -> None:
        order, ranks = list(Priority), {one.id: one.priority.rank + by for one in self._marked_missions()}
        moved = [mission for mission in self._marked_missions() if 0 <= ranks[mission.id] < len(order)]
        outcome = await to_each(
            _ids(moved), lambda key: self._desk.client.update_mission(key, MissionChanges(priority=order[ranks[key]]))
        )
        self._tell(outcome, "raised" if by < 0 else "lowered", keeps_marks=True)

    async def _assign(self) -> None:
        model = self._desk.model
        on_page = self._desk.page is not None
        missions = [] if on_page else self._marked_missions()
        missions = missions or [self._desk.mission()]
        agents = [agent for agent in model.shown_agents() if agent.state not in GONE_STATES]
        roles = frozenset(mission.role for mission in missions if mission.role is not None)
        what = missions[0].id if len(missions) == 1 else f"{len(missions)} missions"
        dialog = AssignDialog(what, agents, roles, chosen=model.selected_agent)
        chosen = await self._desk.app.push_screen_wait(dialog)
        if chosen is None:
            return
        agent_id = None if chosen == ANYBODY else chosen
        outcome = await to_each(_ids(missions), lambda key: self._desk.client.assign_mission(key, agent_id))
        name = "anybody" if agent_id is None else model.agent_names().get(agent_id, f"agent {agent_id}")
        self._tell(outcome, f"given to {name}")

    # -- inside ----------------------------------------------------------------------------------------------------

    def _marked_agents(self) -> list[AgentView]:
        """In the order of the list; those that the filter hides come last."""
        marks, model = self._desk.model.marks.agents, self._desk.model
        shown = [agent for agent in model.shown_agents() if agent.id in marks]
        return shown + [model.agents[key] for key in sorted(marks - {agent.id for agent in shown})]

    def _marked_missions(self) -> list[MissionView]:
        marks, model = self._desk.model.marks.missions, self._desk.model
        shown = [mission for mission in model.shown_missions() if mission.id in marks]
        return shown + [model.missions[key] for key in sorted(marks - {mission.id for mission in shown})]

    async def _confirmed(
        self, verb: str, count: int, question: str, losses: Sequence[tuple[str, str]], yes: str, of: str = "agent"
    ) -> bool:
        heading = f"{verb} {count} {of}{'s' * (count != 1)}"
        dialog = ConfirmManyDialog(heading, question, losses, yes=yes)
        return bool(await self._desk.app.push_screen_wait(dialog))

    def _tell(
        self, outcome: Outcome[int, Any] | Outcome[str, Any], verb: str, more: str = "", *, keeps_marks: bool = False
    ) -> None:
        """The result; what it was done to loses its mark, what refused keeps it, so that it can be tried again."""
        if not keeps_marks:
            self._desk.model.marks.take_away(outcome.done_keys)
        self._desk.dashboard.refresh_model()
        text = "\n".join(part for part in (outcome.told(verb), more) if part)
        if outcome.refused:
            self._desk.warn(text)
        else:
            self._desk.done(text)


def _named(agents: Sequence[AgentView]) -> list[tuple[int, str]]:
    return [(agent.id, agent.name) for agent in agents]


def _ids(missions: Sequence[MissionView]) -> list[tuple[str, str]]:
    return [(mission.id, mission.id) for mission in missions]
