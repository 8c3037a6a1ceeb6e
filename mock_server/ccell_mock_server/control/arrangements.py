"""Operations that arrange the behaviour of an account: clock, outcomes, personas, faults, holds."""

from dataclasses import replace

from ccell_fake.clock import ClockSetting, in_micros, to_micros
from ccell_fake.control.models import AdvanceBody, ClockBody, FaultBody, HoldBody, OutcomeBody, PersonaBody
from ccell_fake.engine.account import Account
from ccell_fake.errors import NoSuchThing
from ccell_fake.faults import FaultStatus
from ccell_fake.inspection import AdvanceResult, ClockStatus, Hold, Item, Page
from ccell_fake.settings import OutcomeRule, Persona
from ccell_mock_server.control.api import Api
from ccell_mock_server.control.requests import AccountPath, NumberedPath, PlacePath
from ccell_mock_server.services import Services


def views(services: Services) -> list[Api]:
    """The operations."""
    return [_clocks(services), _outcomes(services), _personas(services), _faults(services), _holds(services)]


def _clocks(services: Services) -> Api:
    api = Api("clock", "The clock of an account: everything of the account follows it.")

    @api.add("get", "/accounts/<userid>/clock", {200: ClockStatus})
    def get_clock(path: AccountPath) -> ClockStatus:
        """Get the clock of an account."""
        return services.admin(path.userid).clock()

    @api.add("put", "/accounts/<userid>/clock", {200: ClockStatus})
    def put_clock(path: AccountPath, body: ClockBody) -> ClockStatus:
        """Set the clock of an account, forwards or backwards."""
        return services.admin(path.userid).set_clock(lambda account: _setting(account, body))

    @api.add("post", "/accounts/<userid>/clock/advance", {200: AdvanceResult})
    def advance_clock(path: AccountPath, body: AdvanceBody) -> AdvanceResult:
        """Move the clock of an account forwards, and answer the events this caused, in order."""

        def to(now: int) -> int:
            return to_micros(body.to) if body.to is not None else now + in_micros(body.seconds or 0)

        return services.admin(path.userid).advance(to)

    return api


def _setting(account: Account, body: ClockBody) -> ClockSetting:
    if body.mode == "real":
        return ClockSetting()
    if body.mode == "frozen":
        return ClockSetting(frozen_at=account.now if body.now is None else to_micros(body.now))
    return account.clock.running_from(to_micros(body.now)) if body.now else ClockSetting(in_micros(body.seconds or 0))


def _outcomes(services: Services) -> Api:
    api = Api("outcomes", "Rules that decide reports; the first that matches decides.")

    @api.add("get", "/accounts/<userid>/outcomes", {200: Page[OutcomeRule]})
    def list_outcomes(path: AccountPath) -> Page[OutcomeRule]:
        """List the rules."""
        return Page(services.admin(path.userid).status().settings.outcomes)

    @api.add("post", "/accounts/<userid>/outcomes", {201: Page[OutcomeRule]})
    def add_outcome(path: AccountPath, body: OutcomeBody) -> Page[OutcomeRule]:
        """Add a rule before the others. It applies to messages sent from then on."""
        status = services.admin(path.userid).change(
            lambda settings: replace(settings, outcomes=(body.root, *settings.outcomes))
        )
        return Page(status.settings.outcomes)

    @api.add("delete", "/accounts/<userid>/outcomes")
    def remove_outcomes(path: AccountPath) -> None:
        """Remove all rules."""
        services.admin(path.userid).change(lambda settings: replace(settings, outcomes=()))

    @api.add("delete", "/accounts/<userid>/outcomes/<place>")
    def remove_outcome(path: PlacePath) -> None:
        """Remove one rule."""
        services.admin(path.userid).change(
            lambda settings: replace(settings, outcomes=_without(settings.outcomes, path.place, "rule"))
        )

    return api


def _personas(services: Services) -> Api:
    api = Api("personas", "Personas: owners of phones, who answer messages.")

    @api.add("get", "/accounts/<userid>/personas", {200: Page[Persona]})
    def list_personas(path: AccountPath) -> Page[Persona]:
        """List the personas."""
        return Page(services.admin(path.userid).status().settings.personas)

    @api.add("post", "/accounts/<userid>/personas", {201: Page[Persona]})
    def add_persona(path: AccountPath, body: PersonaBody) -> Page[Persona]:
        """Add a persona before the others."""
        status = services.admin(path.userid).change(
            lambda settings: replace(settings, personas=(body.root, *settings.personas))
        )
        return Page(status.settings.personas)

    @api.add("delete", "/accounts/<userid>/personas")
    def remove_personas(path: AccountPath) -> None:
        """Remove all personas. Phones that opted out stay opted out."""
        services.admin(path.userid).change(lambda settings: replace(settings, personas=()))

    @api.add("delete", "/accounts/<userid>/personas/<place>")
    def remove_persona(path: PlacePath) -> None:
        """Remove one persona. Phones that opted out stay opted out."""
        services.admin(path.userid).change(
            lambda settings: replace(settings, personas=_without(settings.personas, path.place, "persona"))
        )

    return api


def _without(items: tuple[Item, ...], place: int, what: str) -> tuple[Item, ...]:
    if place >= len(items):
        message = f"there is no {what} {place}; there are {len(items)}, counted from 0"
        raise NoSuchThing(message)
    return items[:place] + items[place + 1 :]


def _faults(services: Services) -> Api:
    api = Api("faults", "Faults, by count or by seeded chance.")

    @api.add("get", "/accounts/<userid>/faults", {200: Page[FaultStatus]})
    def list_faults(path: AccountPath) -> Page[FaultStatus]:
        """List the faults, with their counts."""
        return Page(services.admin(path.userid).faults())

    @api.add("post", "/accounts/<userid>/faults", {201: FaultStatus})
    def add_fault(path: AccountPath, body: FaultBody) -> FaultStatus:
        """Add a fault after the others. The first fault that matches a request is applied to it."""
        return services.admin(path.userid).add_fault(body.root)

    @api.add("delete", "/accounts/<userid>/faults")
    def remove_faults(path: AccountPath) -> None:
        """Remove all faults."""
        services.admin(path.userid).drop_faults()

    @api.add("delete", "/accounts/<userid>/faults/<id>")
    def remove_fault(path: NumberedPath) -> None:
        """Remove one fault."""
        services.admin(path.userid).drop_faults([path.id])

    return api


def _holds(services: Services) -> Api:
    api = Api("holds", "Slots kept in use by a test.")

    @api.add("get", "/accounts/<userid>/holds", {200: Page[Hold]})
    def list_holds(path: AccountPath) -> Page[Hold]:
        """List the holds."""
        return Page(services.admin(path.userid).holds())

    @api.add("post", "/accounts/<userid>/holds", {201: Hold})
    def add_hold(path: AccountPath, body: HoldBody) -> Hold:
        """Keep slots in use: all that you ask for, or none."""
        return services.admin(path.userid).hold(body.slots, body.operation, body.seconds)

    @api.add("delete", "/accounts/<userid>/holds")
    def remove_holds(path: AccountPath) -> None:
        """Free the slots of all holds."""
        services.admin(path.userid).release()

    @api.add("delete", "/accounts/<userid>/holds/<id>")
    def remove_hold(path: NumberedPath) -> None:
        """Free the slots of one hold."""
        services.admin(path.userid).release([path.id])

    return api
