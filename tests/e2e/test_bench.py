"""The benchmark runs, on servers of its own."""

from pathlib import Path

from bench import cancel_to_mail
from bench.stack import running_stack


async def test_a_cancellation_is_timed_until_its_mails_arrive(tmp_path: Path) -> None:
    async with running_stack(tmp_path) as stack:
        samples = await cancel_to_mail.a_round(stack, workers=1, loaded=False, number=2)
        mails = stack.catcher.mails
    assert mails >= 2 * 3  # an offer to each patient of the wave, and the cancellation
    assert all(0 < sample.first <= sample.last for sample in samples)
