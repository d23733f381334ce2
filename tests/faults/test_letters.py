"""Letters under trouble: killed, frozen and doubled workers, a mail server that is dead, refuses or cuts the line."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from engage.app import create_app
from engage.kernel import clock
from engage.kernel.db import unit_of_work
from engage.outbox.models import Letter
from tests.factories import letters
from tests.support.processes import until
from tests.support.smtp import Handler, MailServer, free_port
from tests.support.workers import Worker

pytestmark = pytest.mark.faults
MANY = 200


@pytest.fixture
def start(committed: sa.Engine, tmp_path: Path) -> Callable[[str], Worker]:
    """A maker of workers on the test's database."""
    url = committed.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return lambda mail: Worker(url, mail=mail, folder=tmp_path)


def write(number: int) -> set[str]:
    """Write letters and return their Message-IDs."""
    with unit_of_work() as session:
        return {letters.letter(session).message_id for _ in range(number)}


def states() -> Counter[str]:
    with unit_of_work() as session:
        return Counter(state.value for state in session.scalars(sa.select(Letter.state)))


def all_sent() -> bool:
    return set(states()) == {"sent"}


def let_time_pass() -> None:
    """What a lease or a pause between two tries would bring by waiting."""
    past = clock.now() - timedelta(seconds=1)
    with unit_of_work() as session:
        session.execute(sa.update(Letter).where(Letter.state == "sending").values(lease_until=past))
        session.execute(sa.update(Letter).where(Letter.state == "queued").values(not_before=past))
    write_nothing_but_wake()


def write_nothing_but_wake() -> None:
    from engage.outbox.service.posting import deliver_soon

    with unit_of_work() as session:
        session.connection()
        deliver_soon(session)


def _has_taken(server: MailServer, number: int) -> bool:
    return len(server.taken) >= number


def copies(server: MailServer) -> Counter[str]:
    return Counter(mail["Message-ID"] for mail in server.taken)


def test_killed_workers_lose_no_letter_and_double_at_most_one_each(start: Callable[[str], Worker]) -> None:
    written = write(MANY)
    kills = 3
    with MailServer(handler=Handler(delay=0.005)) as server:
        for number in range(1, kills + 1):
            with start(server.address) as worker:
                assert until(partial(_has_taken, server, number * 40)), worker.log.read_text()
                worker.kill()
            let_time_pass()
        with start(server.address) as worker:
            assert until(all_sent, seconds=60), worker.log.read_text()
    assert set(copies(server)) == written
    assert len(server.taken) - MANY <= kills
    assert states() == Counter(sent=MANY)


def test_over_several_connections_a_kill_doubles_at_most_one_letter_for_each(
    committed: sa.Engine, tmp_path: Path
) -> None:
    url = committed.url.set(drivername="postgresql").render_as_string(hide_password=False)
    written, connections, kills = write(MANY), 3, 2
    with MailServer(handler=Handler(delay=0.02)) as server:
        for number in range(1, kills + 2):
            with Worker(url, mail=server.address, folder=tmp_path, connections=connections) as worker:
                wanted = all_sent if number > kills else partial(_has_taken, server, number * 60)
                assert until(wanted, seconds=60), worker.log.read_text()
                worker.kill()
            # What the dead one had begun ends before the next one begins: it counts for nobody else.
            assert until(lambda: server.handler.at_once == 0)
            let_time_pass()
    assert set(copies(server)) == written
    assert len(server.taken) - MANY <= kills * connections
    assert server.handler.most_at_once == connections
    assert states() == Counter(sent=MANY)


def test_two_workers_at_once_send_each_letter_once(start: Callable[[str], Worker]) -> None:
    written = write(MANY)
    with MailServer() as server, start(server.address) as one, start(server.address) as other:
        assert until(all_sent, seconds=60), one.log.read_text() + other.log.read_text()
    assert copies(server) == Counter(written)


def test_a_frozen_worker_marks_nothing_that_another_took_over(start: Callable[[str], Worker]) -> None:
    written = write(20)
    reached = threading.Event()
    handler = Handler()
    with MailServer(handler=handler) as server, start(server.address) as frozen:

        def freeze_at_the_fifth(_recipient: str) -> str:
            if len(handler.tries) == 5:
                frozen.pause()  # the letter is taken, the worker does not hear of it
                reached.set()
            return "250 OK"

        handler.after_data = freeze_at_the_fifth
        let_time_pass()
        assert reached.wait(30), frozen.log.read_text()
        let_time_pass()
        with start(server.address) as other:
            assert until(all_sent), other.log.read_text()
            frozen.resume()
            assert frozen.stop() == 0
    assert set(copies(server)) == written
    assert len(server.taken) == 20 + 1
    with unit_of_work() as session:
        attempts = Counter(session.scalars(sa.select(Letter.attempts)).all())
    assert attempts == Counter({1: 19, 2: 1})


def test_asked_to_stop_a_worker_ends_its_letter_and_leaves_the_rest(start: Callable[[str], Worker]) -> None:
    write(MANY)
    with MailServer(handler=Handler(delay=0.05)) as server, start(server.address) as worker:
        assert until(lambda: len(server.taken) >= 5), worker.log.read_text()
        assert worker.stop() == 0
        taken = len(server.taken)
    assert states() == Counter(sent=taken, queued=MANY - taken)


def test_with_a_dead_mail_server_pages_stay_quick_and_letters_wait(
    committed: sa.Engine, start: Callable[[str], Worker]
) -> None:
    client = create_app().test_client()
    port = free_port()
    with start(f"smtp://127.0.0.1:{port}") as worker:
        write(1)
        assert until(lambda: last_error() is not None), worker.log.read_text()
        began = time.monotonic()
        written = write(10)
        client.post("/alerts", data={"email": "sam@example.com", "topic": "everything", "cadence": "weekly"})
        assert client.get("/alerts").status_code == 200
        assert time.monotonic() - began < 5
        assert last_error() == f"The mail server 127.0.0.1:{port} does not answer: connection refused."
        with MailServer(port=port) as server:
            let_time_pass()
            assert until(all_sent), worker.log.read_text()
    assert written <= set(copies(server))
    assert set(copies(server).values()) == {1}


def last_error() -> str | None:
    with unit_of_work() as session:
        return session.scalar(sa.select(Letter.last_error).where(Letter.last_error.is_not(None)))


def test_a_mail_server_that_says_later_gets_the_letter_later(start: Callable[[str], Worker]) -> None:
    written = write(5)
    refused = set[str]()
    lock = threading.Lock()

    def once_busy(recipient: str) -> str:
        with lock:
            first = recipient not in refused
            refused.add(recipient)
        return "451 4.7.1 greylisted" if first else "250 OK"

    with MailServer(handler=Handler(at_recipient=once_busy)) as server, start(server.address) as worker:
        assert until(lambda: len(refused) == 5 and states() == Counter(queued=5)), worker.log.read_text()
        let_time_pass()
        assert until(all_sent), worker.log.read_text()
    assert copies(server) == Counter(written)
    assert set(Counter(server.tries).values()) == {2}


def test_a_mail_server_that_says_never_is_not_asked_again(start: Callable[[str], Worker]) -> None:
    write(5)
    never = Handler(at_recipient=lambda _: "550 5.7.1 no")
    with MailServer(handler=never) as server, start(server.address) as worker:
        assert until(lambda: states() == Counter(failed=5)), worker.log.read_text()
        let_time_pass()
        kept = write(1)
        assert until(lambda: states() == Counter(failed=6)), worker.log.read_text()
    assert set(Counter(server.tries).values()) == {1}
    assert len(kept) == 1


def test_a_line_cut_after_the_mail_was_taken_brings_one_copy_with_the_same_id(
    start: Callable[[str], Worker],
) -> None:
    written = write(10)
    cut = set[str]()

    def cut_once(recipient: str) -> str:
        first = recipient not in cut and len(cut) < 3
        if first:
            cut.add(recipient)
        return "cut" if first else "250 OK"

    with MailServer(handler=Handler(after_data=cut_once)) as server, start(server.address) as worker:
        assert until(lambda: states() == Counter(sent=7, queued=3)), worker.log.read_text()
        let_time_pass()
        assert until(all_sent), worker.log.read_text()
    assert set(copies(server)) == written
    assert len(server.taken) == 10 + 3


def test_a_worker_whose_connections_to_the_database_are_cut_goes_on(
    committed: sa.Engine, start: Callable[[str], Worker]
) -> None:
    written = write(1)
    cut = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with MailServer() as server, start(server.address) as worker:
        assert until(all_sent), worker.log.read_text()
        with committed.connect() as connection:
            connection.execute(cut)
        committed.dispose()
        written |= write(1)
        assert until(all_sent), worker.log.read_text()
    assert copies(server) == Counter(written)
