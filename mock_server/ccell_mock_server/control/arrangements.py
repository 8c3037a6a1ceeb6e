"""What a test arranges over the control API: clock, outcomes, personas, faults, holds."""

from dataclasses import replace

from flask import Response

from ccell_fake.clock import ClockSetting, in_micros, to_micros
from ccell_fake.control.models import (
    AdvanceAnswer,
    AdvanceBody,
    ClockAnswer,
    ClockBody,
    FaultAnswer,
    FaultBody,
    FaultsAnswer,
    HoldAnswer,
    HoldBody,
    HoldsAnswer,
    OutcomeBody,
    OutcomesAnswer,
    PersonaBody,
    PersonasAnswer,
)
from ccell_fake.engine.account import Account
from ccell_fake.engine.account_admin import HAPPENINGS, AccountAdmin
from ccell_fake.errors import NoSuchThing
from ccell_fake.settings import AccountSettings
from ccell_mock_server.control.api import Api
from ccell_mock_server.control.requests import AccountPath, NumberedPath, PlacePath
from ccell_mock_server.control.responses import done, said, whole
from ccell_mock_server.services import Services

_SECOND = 1_000_000


def views(services: Services) -> list[Api]:
    """The operations."""
    return [_clocks(services), _outcomes(services), _personas(services), _faults(services), _holds(services)]


def _clocks(services: Services) -> Api:
    api = Api("clock", "Everything of an account follows its clock.")

    @api.get("/accounts/<userid>/clock", {200: ClockAnswer})
    def get_clock(path: AccountPath) -> Response:
        """Look at the clock of an account."""
        return _clock(*services.admin(path.userid).clock())

    @api.put("/accounts/<userid>/clock", {200: ClockAnswer})
    def put_clock(path: AccountPath, body: ClockBody) -> Response:
        """Set the clock of an account, forwards or backwards."""
        return _clock(*services.admin(path.userid).set_clock(lambda account: _setting(account, body)))

    @api.post("/accounts/<userid>/clock/advance", {200: AdvanceAnswer})
    def advance_clock(path: AccountPath, body: AdvanceBody) -> Response:
        """Move the clock of an account forwards, and answer what that brought about, in order."""

        def to(now: int) -> int:
            return to_micros(body.to) if body.to is not None else now + in_micros(body.seconds or 0)

        now, events = services.admin(path.userid).advance(to)
        answer = {"now": now, "events": events[:HAPPENINGS], "is_cut": len(events) > HAPPENINGS}
        return said(AdvanceAnswer.model_validate(answer))

    return api


def _setting(account: Account, body: ClockBody) -> ClockSetting:
    if body.mode == "real":
        return ClockSetting()
    if body.mode == "frozen":
        return ClockSetting(frozen_at=account.now if body.now is None else to_micros(body.now))
    return account.clock.going_from(to_micros(body.now)) if body.now else ClockSetting(in_micros(body.seconds or 0))


def _clock(setting: ClockSetting, now: int) -> Response:
    mode = "frozen" if setting.frozen_at is not None else "offset" if setting.offset else "real"
    return said(ClockAnswer.model_validate({"mode": mode, "seconds": setting.offset / _SECOND, "now": now}))


def _outcomes(services: Services) -> Api:
    api = Api("outcomes", "What becomes of messages.")

    @api.get("/accounts/<userid>/outcomes", {200: OutcomesAnswer})
    def list_outcomes(path: AccountPath) -> Response:
        """List the rules that decide reports."""
        return whole(OutcomesAnswer, services.admin(path.userid).seen().settings.outcomes)

    @api.post("/accounts/<userid>/outcomes", {201: OutcomesAnswer})
    def add_outcome(path: AccountPath, body: OutcomeBody) -> Response:
        """Put a rule before those that are there; messages that are sent from then on go by it."""
        seen = services.admin(path.userid).change(
            lambda settings: replace(settings, outcomes=(body.root, *settings.outcomes))
        )
        return said(OutcomesAnswer(items=seen.settings.outcomes), 201)

    @api.delete("/accounts/<userid>/outcomes")
    def remove_outcomes(path: AccountPath) -> Response:
        """Remove every rule."""
        services.admin(path.userid).change(lambda settings: replace(settings, outcomes=()))
        return done()

    @api.delete("/accounts/<userid>/outcomes/<place>")
    def remove_outcome(path: PlacePath) -> Response:
        """Remove one rule."""
        _drop_outcome(services.admin(path.userid), path.place)
        return done()

    return api


def _drop_outcome(admin: AccountAdmin, place: int) -> None:
    def drop(settings: AccountSettings) -> AccountSettings:
        if place >= len(settings.outcomes):
            message = f"there is no rule {place}; there are {len(settings.outcomes)}, counted from 0"
            raise NoSuchThing(message)
        return replace(settings, outcomes=settings.outcomes[:place] + settings.outcomes[place + 1 :])

    admin.change(drop)


def _personas(services: Services) -> Api:
    api = Api("personas", "Who holds which phones, and answers.")

    @api.get("/accounts/<userid>/personas", {200: PersonasAnswer})
    def list_personas(path: AccountPath) -> Response:
        """List who holds which phones."""
        return whole(PersonasAnswer, services.admin(path.userid).seen().settings.personas)

    @api.post("/accounts/<userid>/personas", {201: PersonasAnswer})
    def add_persona(path: AccountPath, body: PersonaBody) -> Response:
        """Give phones to someone who answers, before those who are there."""
        seen = services.admin(path.userid).change(
            lambda settings: replace(settings, personas=(body.root, *settings.personas))
        )
        return said(PersonasAnswer(items=seen.settings.personas), 201)

    @api.delete("/accounts/<userid>/personas")
    def remove_personas(path: AccountPath) -> Response:
        """Remove every persona; who has opted out stays so."""
        services.admin(path.userid).change(lambda settings: replace(settings, personas=()))
        return done()

    return api


def _faults(services: Services) -> Api:
    api = Api("faults", "What goes wrong, by count or by seeded chance.")

    @api.get("/accounts/<userid>/faults", {200: FaultsAnswer})
    def list_faults(path: AccountPath) -> Response:
        """List the faults, with what is left of each."""
        return whole(FaultsAnswer, services.admin(path.userid).faults())

    @api.post("/accounts/<userid>/faults", {201: FaultAnswer})
    def add_fault(path: AccountPath, body: FaultBody) -> Response:
        """Arrange a fault behind those that are there; of several whose turn it is, the first strikes."""
        return said(FaultAnswer.model_validate(services.admin(path.userid).add_fault(body.root)), 201)

    @api.delete("/accounts/<userid>/faults")
    def remove_faults(path: AccountPath) -> Response:
        """Remove every fault."""
        services.admin(path.userid).drop_faults()
        return done()

    @api.delete("/accounts/<userid>/faults/<id>")
    def remove_fault(path: NumberedPath) -> Response:
        """Remove one fault."""
        services.admin(path.userid).drop_faults([path.id])
        return done()

    return api


def _holds(services: Services) -> Api:
    api = Api("holds", "Slots that are kept taken.")

    @api.get("/accounts/<userid>/holds", {200: HoldsAnswer})
    def list_holds(path: AccountPath) -> Response:
        """List the slots that are kept taken."""
        return whole(HoldsAnswer, services.admin(path.userid).holds())

    @api.post("/accounts/<userid>/holds", {201: HoldAnswer})
    def add_hold(path: AccountPath, body: HoldBody) -> Response:
        """Keep slots taken, all that are asked for or none."""
        hold = services.admin(path.userid).hold(body.slots, body.operation, body.seconds)
        return said(HoldAnswer.model_validate(hold), 201)

    @api.delete("/accounts/<userid>/holds")
    def remove_holds(path: AccountPath) -> Response:
        """Free all slots that are kept taken."""
        services.admin(path.userid).release()
        return done()

    @api.delete("/accounts/<userid>/holds/<id>")
    def remove_hold(path: NumberedPath) -> Response:
        """Free the slots of one hold."""
        services.admin(path.userid).release([path.id])
        return done()

    return api
