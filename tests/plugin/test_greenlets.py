"""The fixtures work where gevent or eventlet has replaced threads and sockets by its own."""

import pytest

TESTS = """
    import asyncio
    from urllib.request import urlopen

    import pytest
    from conftest import sleep, spawn

    def send(ccell):
        submit = '<submit phone="13800000000" content="您好【签名】"/>'
        body = f'<root userid="{ccell.userid}" password="{ccell.password}">{submit}</root>'
        with urlopen(f"{ccell.url}/sms3_api/xmlapi/send.jsp", body.encode()) as answer:
            assert b'return="0"' in answer.read()

    def send_later(ccell):
        sleep(0.05)
        send(ccell)

    def test_a_wait_ends_with_its_effect(ccell):
        spawn(send_later, ccell)
        assert ccell.outbox.wait(phone="13800000000", timeout=60)
        assert ccell.reports.wait(phone="138*", timeout=60)

    def test_a_wait_times_out(ccell):
        with pytest.raises(AssertionError, match="came within"):
            ccell.outbox.wait(timeout=0.05)

    def test_a_hold_ends(ccell):
        with ccell.hold(2):
            send(ccell)
        with ccell.hold(3):
            pass
        send(ccell)

    @pytest.mark.parametrize("fault", [{"delay": 0.05}, {"dribble": 0.001}])
    def test_a_slow_answer_arrives(ccell, fault):
        ccell.settings(processing_time=0.01)
        ccell.faults.next("send", times=2, **fault)
        send(ccell)
        ccell.connect(in_process=True).send("13800000000", "您好【签名】")

    def test_a_coroutine_waits(ccell):
        async def main():
            async with ccell.connect_async() as client, asyncio.TaskGroup() as tasks:
                waiting = tasks.create_task(ccell.outbox.wait_async(timeout=60))
                await client.send("13800000000", "您好【签名】")
                assert (await waiting).phone == "13800000000"

        asyncio.run(main())
"""

LIBRARIES = {
    "gevent": "from gevent import monkey, sleep, spawn\nmonkey.patch_all()",
    "eventlet": "import eventlet\nfrom eventlet import sleep, spawn\neventlet.monkey_patch()",
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_threads_that_are_replaced_too_late_are_refused_at_once(pytester: pytest.Pytester, library: str) -> None:
    pytester.makeconftest(f"from ccell_mock_server import FakeCcell\n{LIBRARIES[library]}")
    pytester.makepyfile("""
        from ccell_mock_server import FakeCcell

        def test_fixture(ccell):
            pass

        def test_fake():
            FakeCcell()
    """)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "ignore")
    result.assert_outcomes(errors=1, failed=1)
    sentence = "the emulator cannot run: threads were replaced, as by gevent or eventlet, after ccell_mock_server was *"
    result.stdout.fnmatch_lines([sentence, f"*NotPossible: {sentence}"])


@pytest.mark.parametrize("library", LIBRARIES)
def test_everything_works_under_patched_threads(pytester: pytest.Pytester, library: str) -> None:
    pytester.makeconftest(LIBRARIES[library])
    pytester.makepyfile(TESTS)
    # Pytest is not to close files at its end: gevent then waits until something else happens, and nothing may.
    options = ("-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:faulthandler", "--capture=sys")
    result = pytester.runpytest_subprocess(*options, "-W", "ignore")
    result.assert_outcomes(passed=6)
