"""Wake-ups: those who wait are told at once, each kind of work by itself."""

from loyalty_app.queues.wakeups import Wakeups


def test_everybody_who_listens_for_a_kind_of_work_is_told_each_time_and_of_no_other_kind() -> None:
    wakeups, heard = Wakeups(), list[str]()
    wakeups.deliveries.listen(lambda: heard.append("first"))
    wakeups.deliveries.listen(lambda: heard.append("second"))
    wakeups.cards.listen(lambda: heard.append("cards"))

    wakeups.deliveries.notify()
    assert heard == ["first", "second"]
    wakeups.updates.notify()
    assert heard == ["first", "second"], "nobody waits for updates here, which is no failure"
    wakeups.cards.notify()
    assert heard == ["first", "second", "cards"]
