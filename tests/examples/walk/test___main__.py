"""What the demo prints for another terminal leads to the demo's own installation."""

from __future__ import annotations

import shlex

from examples.walk.__main__ import looking


def test_another_terminal_is_given_the_files_the_ports_and_the_channel_of_the_demo_and_no_secret() -> None:
    environ = {
        "FLYWHEEL_DATA_ROOT": "/tmp/a folder/demo",
        "FLYWHEEL_PREFECT__PORT": "4210",
        "FLYWHEEL_SERVING__FIRST_PORT": "3110",
        "FLYWHEEL_PAGING__CHANNELS__DEMO-RECEIVER": "json://127.0.0.1:1/page",
        "FLYWHEEL_IDENTITY__KEY": "secret",
        "HOME": "/root",
    }
    said = shlex.split(looking(environ))
    assert said[0] == "env", "a shell takes no name with a dash before a command"
    assert set(said[1:]) == {f"{name}={value}" for name, value in list(environ.items())[:4]}
