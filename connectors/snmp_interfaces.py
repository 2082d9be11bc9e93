"""How busy network links are, from the counters of switches, routers and firewalls (IF-MIB), by SNMP v2c or v3.

Reads of each interface that the settings name, by its ifName: 64-bit counters of octets and packets, errors, discards,
speed and state. Two reads make a figure: what was carried between them, as a share of what the link can carry. A read
each night gives the mean of the day; for busy class hours the source must be read every 20 minutes or more often.

Counters that began anew are unknown, never negative and never huge: an agent that was started again (snmpEngineBoots,
sysUpTime), counters that broke (ifCounterDiscontinuityTime), a sum that the line could not have carried. An agent that
does not tell snmpEngineBoots, an interface without 64-bit counters or without a speed gives its state alone. A device
that does not answer gives nothing, and the others' figures stand; where its link shares a school with theirs, that
school has none. Whether a link is up is counted as of the read.

Least access: a community or, better, an SNMPv3 user that may read IF-MIB, sysUpTime and snmpEngineBoots only, from this
machine's address. Vendor page: https://datatracker.ietf.org/doc/html/rfc2863
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from pydantic import Field

from connectors._base import Complete, Connector, FetchRequest, Mode, State, Stream, StreamMode, Yielded
from connectors._errors import ConnectorError, SettingsError
from connectors._links import Days, LinkDay, LinkPlace, LinkSettings, Traffic, days_of, link_measures
from connectors._shape import bad_shape
from connectors._snmp import Agent, AgentSettings
from firstbell.intervals import Window
from firstbell.records import Measurement

SYS_UP_TIME = "1.3.6.1.2.1.1.3.0"
"""Hundredths of a second since the agent started; begins anew after 497 days."""
ENGINE_BOOTS = "1.3.6.1.6.3.10.2.1.2.0"
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
STATE = "1.3.6.1.2.1.2.2.1.8"
SPEED = "1.3.6.1.2.1.31.1.1.1.15"
BREAK = "1.3.6.1.2.1.31.1.1.1.19"
OCTETS = ("1.3.6.1.2.1.31.1.1.1.6", "1.3.6.1.2.1.31.1.1.1.10")
PACKETS = tuple(f"1.3.6.1.2.1.31.1.1.1.{column}" for column in (7, 8, 9, 11, 12, 13))
FAULTS = tuple(f"1.3.6.1.2.1.2.2.1.{column}" for column in (13, 14, 19, 20))
COLUMNS = (STATE, SPEED, BREAK, *OCTETS, *PACKETS, *FAULTS)
IS_UP = 1
WRAP = 2**64
SMALLEST_PACKET_BITS = 64 * 8
SLACK = 1.05
"""Counters and uptime are not read at the very same instant."""


class Device(AgentSettings):
    """A device and those of its interfaces that are the district's links."""

    interfaces: dict[str, LinkPlace] = Field(
        min_length=1, description="Interfaces by their ifName, such as Gi0/1 or eth0, each with whose link it is."
    )


class SnmpSettings(LinkSettings):
    """Which devices are asked, and when a link counts as busy."""

    devices: tuple[Device, ...] = Field(min_length=1, description="The devices, each with its links.")


class Counted(NamedTuple):
    """One reading of an interface; None where the device does not tell."""

    up: bool
    boots: int | None
    ticks: int
    speed_mbps: float
    broke: int
    octets: list[int] | None
    packets: list[int] | None
    faults: list[int] | None


class Link(NamedTuple):
    """One interface: its name among all sources' states, whose link it is, and its newest reading."""

    key: str
    place: LinkPlace
    now: Counted


class SnmpInterfaces(Connector):
    """What each link carried since the last read, and which links are up."""

    title = "Network interfaces (SNMP)"
    docs_url = "https://datatracker.ietf.org/doc/html/rfc2863"
    streams = (Stream("measures", Measurement, StreamMode.UPSERT),)
    least_privilege = "A community or SNMPv3 user that may only read IF-MIB, from this machine's address."
    checked_against = "real net-snmp 5.9.3"
    Settings = SnmpSettings

    settings: SnmpSettings

    def check(self) -> str:
        links = [one for device in self.settings.devices for one in self._read(device)]
        mute = [one.key for one in links if _unmeasured(one)]
        note = f"; only their state is known, not their traffic: {', '.join(mute)}" if mute else ""
        return f"{len(self.settings.devices)} devices answer by SNMP and have all {len(links)} interfaces{note}."

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        before = request.states.get("measures", {}) if request.mode is Mode.INCREMENTAL else {}
        now = self.context.clock()
        links: list[Link] = []
        silent: list[ConnectorError] = []
        dark: set[str] = set()
        for device in self.settings.devices:
            try:
                links += self._read(device)
            except ConnectorError as error:
                silent.append(error)
                dark |= {place.scope for place in device.interfaces.values()}
        if not links:
            raise silent[0]
        told = [one for one in links if one.place.scope not in dark]
        traffic = {one.key: _traffic(one, before.get(one.key, {}).get("counted"), now) for one in told}
        state = {
            **before,
            **{one.key: self._remembered(one, before.get(one.key, {}), traffic[one.key]) for one in told},
        }
        for scope in sorted({one.place.scope for one in told}):
            mine = [one for one in told if one.place.scope == scope]
            yield self._links_up(scope, mine, now)
            if all(traffic[one.key] is not None for one in mine):
                yield from self._carried(scope, [state[one.key] for one in mine], now)
        yield Complete("measures", state=state)

    def _read(self, device: Device) -> list[Link]:
        with Agent(device) as agent:
            rows = {_text(name): row for row, name in agent.column(IF_NAME).items()}
            missing = [name for name in device.interfaces if name not in rows]
            if missing:
                raise SettingsError(
                    f"{device.host} has no interface {', '.join(missing)}; write its ifName as the device shows it."
                )
            links = []
            for name, place in device.interfaces.items():
                columns = {f"{column}.{rows[name]}": column for column in COLUMNS}
                found = agent.get([SYS_UP_TIME, ENGINE_BOOTS, *columns])
                values = {columns.get(at, at): _whole(device.host, at, value) for at, value in found.items()}
                links.append(Link(f"{device.host}/{name}", place, _counted(device.host, values)))
            return links

    def _remembered(self, link: Link, before: State, traffic: Traffic | None) -> dict[str, Any]:
        """What the next read needs of a link: its counters, and the sums of the newest day that they gave."""
        days, sums = before.get("days"), before.get("sums")
        if traffic is not None:
            stands_for = [day.isoformat() for day in days_of(traffic.over, self.context.zone)]
            day = LinkDay(**sums) if sums is not None and days == stands_for else LinkDay()
            day.add(traffic, self.settings, self.context.zone)
            days, sums = stands_for, asdict(day)
        return {"counted": link.now._asdict(), "days": days, "sums": sums}

    def _links_up(self, scope: str, links: list[Link], now: datetime) -> Measurement:
        today = now.astimezone(self.context.zone).date()
        return Measurement(
            measure_key="links_up",
            scope=scope,
            period_start_on=today,
            period_end_on=today,
            numerator=sum(one.now.up for one in links),
            denominator=len(links),
            as_of=now,
        )

    def _carried(self, scope: str, states: list[State], now: datetime) -> Iterator[Measurement]:
        """The sums of a scope's links, where all of them stand for the same days."""
        days = Days(*(date.fromisoformat(day) for day in states[0]["days"]))
        if all(one["days"] == states[0]["days"] for one in states):
            sums = [LinkDay(**one["sums"]) for one in states]
            yield from link_measures(scope, days, sums, self.settings, self.context.zone, now)


def _traffic(link: Link, told: Mapping[str, Any] | None, now: datetime) -> Traffic | None:
    """What a link carried between two readings; None where the counters cannot say."""
    if told is None or _unmeasured(link):
        return None
    before, after = Counted(**told), link.now
    capacity = (link.place.capacity_mbps or after.speed_mbps) * 1e6
    restarted = after.boots != before.boots or after.ticks <= before.ticks or after.broke != before.broke
    if restarted or before.octets is None or after.octets is None:
        return None
    seconds = (after.ticks - before.ticks) / 100
    line = max(after.speed_mbps * 1e6, capacity) * seconds * SLACK
    octets = [(b - a) % WRAP for a, b in zip(before.octets, after.octets, strict=True)]
    if max(octets) * 8 > line:
        return None
    packets = _sum(before.packets, after.packets)
    faults = _sum(before.faults, after.faults)
    if packets is not None and packets * SMALLEST_PACKET_BITS > 2 * line:
        packets = None
    over = Window(now - timedelta(seconds=seconds), now)
    return Traffic(over, min(1.0, max(octets) * 8 / (capacity * seconds)), faults, packets)


def _sum(before: list[int] | None, after: list[int] | None) -> float | None:
    """What counters grew by; None where one is missing or went back, which a fault counter of 32 bits may do."""
    if before is None or after is None or any(b < a for a, b in zip(before, after, strict=True)):
        return None
    return float(sum(after) - sum(before))


def _unmeasured(link: Link) -> bool:
    """Whether a link tells no more than its state."""
    return link.now.octets is None or link.now.boots is None or not (link.now.speed_mbps or link.place.capacity_mbps)


def _counted(host: str, values: Mapping[str, int]) -> Counted:
    if SYS_UP_TIME not in values or STATE not in values:
        raise bad_shape(host, "sysUpTime" if SYS_UP_TIME not in values else "ifOperStatus")

    def all_of(columns: tuple[str, ...]) -> list[int] | None:
        found = [values[column] for column in columns if column in values]
        return found if len(found) == len(columns) else None

    return Counted(
        up=values[STATE] == IS_UP,
        boots=values.get(ENGINE_BOOTS),
        ticks=values[SYS_UP_TIME],
        speed_mbps=values.get(SPEED, 0),
        broke=values.get(BREAK, 0),
        octets=all_of(OCTETS),
        packets=all_of(PACKETS),
        faults=all_of(FAULTS),
    )


def _whole(host: str, name: str, value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise bad_shape(host, name)
    return value


def _text(name: object) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
