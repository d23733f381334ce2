"""Health, readiness and metrics; the numbers are not for everybody."""

from __future__ import annotations

from tests.support.client import DistrustfulClient


def test_the_process_says_that_it_is_alive(client: DistrustfulClient) -> None:
    assert client.get("/healthz").get_data(as_text=True) == "alive\n"


def test_readiness_names_database_migrations_and_worker(client: DistrustfulClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {"database": "up", "migrations": "current", "worker": "never seen"}


def test_metrics_count_letters_for_this_machine_only(client: DistrustfulClient) -> None:
    assert "engage_jobs" in client.get("/metrics").get_data(as_text=True)
    through_a_proxy = client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
    assert through_a_proxy.status_code == 404
    from_elsewhere = client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.7"})
    assert from_elsewhere.status_code == 404
