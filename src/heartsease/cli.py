"""The command line: heartsease serve | worker | demo | analyse | cohort | evaluate | check."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
check = typer.Typer(no_args_is_help=True, help="Check what must hold.")
app.add_typer(check, name="check")
cohort = typer.Typer(no_args_is_help=True, help="Daily features of many people at once.")
app.add_typer(cohort, name="cohort")
console = Console()
errors = Console(stderr=True)


def setup() -> None:
    """Start Django; only commands that need the database pay for it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heartsease.site.settings")
    import django

    django.setup()


def migrate() -> None:
    """Bring the database to this version, unless the site's policy cannot be used."""
    from django.core.management import call_command

    from heartsease.base.policy import PolicyUnusable, policy

    try:
        policy()
    except PolicyUnusable as error:
        errors.print(f"[red]{error}[/red] Nothing was started.")
        raise typer.Exit(2) from error
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def progress() -> Progress:
    """A progress bar that says what is being done."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=errors
    )


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    worker: Annotated[bool, typer.Option(help="Also do the jobs in this process.")] = True,
) -> None:
    """Serve the pages, and do the jobs, in one process."""
    _must_be_free(host, port)
    setup()
    migrate()
    import warnings

    import uvicorn

    # Static files are read in pieces, which Django remarks upon at the first of them.
    warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous")

    from heartsease.base.tasks import Labourer

    labourer = Labourer() if worker else None
    if labourer:
        labourer.start()
    console.print(f"[bold]Heartsease[/bold] is at http://localhost:{port}  (Ctrl+C ends it)")
    try:
        uvicorn.run(
            "heartsease.site.asgi:application",
            host=host,
            port=port,
            log_level="warning",
            timeout_graceful_shutdown=2,
            lifespan="off",
            server_header=False,
        )
    finally:
        if labourer:
            labourer.stop()


def _must_be_free(host: str, port: int) -> None:
    """Exit 1 with a sentence if something else listens there."""
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            errors.print(
                f"[red]Port {port} of {host} cannot be used ({error.strerror}). "
                f"Choose another: --port {port + 1}, or make run PORT={port + 1}.[/red]"
            )
            raise typer.Exit(1) from error


@app.command()
def worker() -> None:
    """Do jobs and keep the clock, beside one or more `serve --no-worker`."""
    setup()
    import signal
    import threading

    from heartsease.base.tasks import Labourer

    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    labourer = Labourer()
    labourer.start()
    console.print("Working. Ctrl+C ends it after the job in hand.")
    stopping.wait()
    labourer.stop()


@app.command()
def administrator(
    email: Annotated[str, typer.Argument(help="E-mail address to sign in with.")],
    name: Annotated[str, typer.Option(help="As others will read it.", prompt="Name")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """Make an administrator, who then makes teams and staff on the office pages."""
    setup()
    migrate()
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email
    from django.utils import timezone

    from heartsease.people import actions
    from heartsease.people.models import Person, Role

    try:
        validate_email(email)
        validate_password(password)
    except ValidationError as error:
        errors.print(f"[red]{' '.join(error.messages)}[/red]")
        raise typer.Exit(2) from error
    if Person.objects.filter(email=email.lower()).exists():
        errors.print("[red]Somebody has an account with this address already.[/red]")
        raise typer.Exit(2)
    person = actions.register(email, name, Role.ADMIN, now=timezone.now(), password=password)
    actions.vouch_for_address(person)
    console.print(f"{name} can sign in now, and is asked for a second step first.")


@app.command()
def demo(
    quiet: Annotated[bool, typer.Option(help="Say only what is new.")] = False,
) -> None:
    """Load the demo clinic (3 clinicians, 8 fictional people) unless it is there."""
    setup()
    migrate()
    from django.utils import timezone

    from heartsease.base.keys import keyring
    from heartsease.site import demo as clinic

    with keyring(), progress() as bar:
        task = bar.add_task("Loading the demo clinic", total=1.0)
        try:
            made = clinic.load(
                now=timezone.now(), note=lambda share: bar.update(task, completed=share)
            )
        except clinic.RealPeople as real:
            bar.stop()
            errors.print(str(real))
            return
    if made:
        console.print("The demo clinic is loaded. Sign in with one click on the first page.")
    elif not quiet:
        console.print("The demo clinic is there already. Nothing was changed.")


@app.command()
def analyse(
    path: Annotated[
        Path, typer.Argument(help="A person's own export; docs/sensing.md names the formats.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("report"),
    timezone: Annotated[
        str, typer.Option(help="Where the person lives (Europe/Berlin), if the export is silent.")
    ] = "",
) -> None:
    """Read a person's own export and write a report (HTML with pictures, and JSON)."""
    from heartsease.science.sensing.reading import SensingError
    from heartsease.science.sensing.report import analyse as write_report

    zone = _zone(timezone)
    try:
        with progress() as bar:
            task = bar.add_task(f"Reading {path.name}", total=1.0)
            found = write_report(
                path,
                out,
                now=datetime.now(UTC),
                progress=lambda share: bar.update(task, completed=share),
                zone=zone,
            )
    except (SensingError, OSError) as error:
        errors.print(f"[red]{path}[/red]: {error}")
        raise typer.Exit(2) from error
    console.print(f"Wrote {out / 'report.html'} and {out / 'report.json'}")
    if aside := sum(piece.count for piece in found.quarantined):
        console.print(f"{aside} entries were set aside; the report says which and why.")


def _zone(name: str) -> ZoneInfo | None:
    """A time zone by name, None for none; exit 2 with a sentence where there is no such zone."""
    try:
        return ZoneInfo(name) if name else None
    except (LookupError, ValueError, OSError) as error:
        errors.print(f"No time zone is called {name!r}; one is called 'Europe/Berlin'.")
        raise typer.Exit(2) from error


@cohort.command("lay-out")
def cohort_lay_out(
    exports: Annotated[
        Path, typer.Argument(help="Folder of exports, one file or sub-folder a person.")
    ],
    out: Annotated[Path, typer.Argument(help="Folder for the cohort.")],
    timezone: Annotated[
        str, typer.Option(help="Where the people live, for exports that are silent.")
    ] = "",
    shift_dates: Annotated[bool, typer.Option(help="Move dates by weeks, at random.")] = False,
) -> None:
    """Lay exports out as a cohort; whoever is in it already is not read again."""
    from heartsease.science.sensing.cohort import CannotRun
    from heartsease.science.sensing.laying_out import lay_out, weeks_back

    try:
        with progress() as bar:
            task = bar.add_task(f"Reading {exports.name}", total=1.0)
            found = lay_out(
                exports,
                out,
                now=datetime.now(UTC),
                zone=_zone(timezone),
                progress=lambda share: bar.update(task, completed=share),
                weeks_of=weeks_back if shift_dates else None,
            )
    except (CannotRun, OSError) as error:
        errors.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from error
    console.print(f"Laid out in {out}: {found.people} now, {found.before} were there already.")
    for reason, count in found.aside.most_common(20):
        console.print(f"set aside {count} x {reason}", markup=False)


@cohort.command("run")
def cohort_run(
    source: Annotated[Path, typer.Argument(help="Folder of shards (docs/sensing.md).")],
    out: Annotated[Path, typer.Argument(help="Folder for the features.")],
    engine: Annotated[str, typer.Option(help="local | daft")] = "local",
    workers: Annotated[int, typer.Option(help="Processes of the local engine.")] = 2,
) -> None:
    """Make everybody's daily features; a run that was broken off goes on where it was."""
    from heartsease.science.sensing.cohort import CannotRun, Engine, run

    try:
        with progress() as bar:
            task = bar.add_task(f"Features of {source.name}", total=1.0)
            ran = run(
                source,
                out,
                engine=cast(Engine, engine),
                workers=workers,
                progress=lambda share: bar.update(task, completed=share),
            )
    except (CannotRun, OSError) as error:
        errors.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from error
    console.print(
        f"People: {ran.people}. Days: {ran.days}. Shards: {ran.shards}, "
        f"of which {ran.done_before} were done before. Set aside: {ran.set_aside}, "
        f"with reasons in {out}."
    )


@app.command()
def evaluate(
    part: Annotated[str, typer.Argument(help="course | sensing | activity | instruments")],
    data: Annotated[Path, typer.Option(help="CSV file or folder to evaluate on.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    instrument: Annotated[str, typer.Option(help="For instruments: which one.")] = "phq9",
    budget: Annotated[float, typer.Option(help="For course: false alarms a person-month.")] = 0.1,
) -> None:
    """Print the validation report of a part on given data; nothing of it is sent or kept.

    course: a CSV with person, time and a column for each feature (and event, if known), or with
    person, day, feature and value (and direction).

    sensing: a folder of exports, a file or sub-folder for each person; one export; or a cohort.

    activity: a CSV with person, time, counts a minute and group; or a folder with a sub-folder for
    each group, a CSV for each person; or a folder of such files and a table of name and group.

    instruments: a CSV with a row for each person and columns item1 and so on; group_* and weight
    if known.
    """
    from heartsease.science import evaluation

    try:
        figures = evaluation.run(part, data, instrument=instrument, budget=budget)
    except (evaluation.CannotEvaluate, OSError) as error:
        errors.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
        return
    table = Table("figure", "value", title=f"{part}: {data.name}")
    for name, value in figures.items():
        table.add_row(name, evaluation.words(value))
    console.print(table)


@check.command("audit")
def check_audit() -> None:
    """Walk the audit log's chain; exit 1 if a link was changed, moved or removed."""
    setup()
    from django.conf import settings
    from django.db import DatabaseError

    from heartsease.base import audit
    from heartsease.base.models import AuditEntry

    try:
        faults = list(audit.faults())
    except DatabaseError as error:
        errors.print(
            f"[red]There is no database of Heartsease in {settings.DATA}. "
            "HEARTSEASE_DATA says where it is.[/red]"
        )
        raise typer.Exit(2) from error
    for fault in faults:
        errors.print(f"[red]link {fault.number}[/red]: {fault.reason}")
    if faults:
        raise typer.Exit(1)
    console.print(f"The chain holds: {AuditEntry.objects.count()} links.")


@check.command("data")
def check_data() -> None:
    """Load and validate every data file of the package."""
    from heartsease.science import evaluation

    for name, count in evaluation.data_files().items():
        console.print(f"{name}: {count}")


@check.command("policy")
def check_policy() -> None:
    """Read the site policy and say what is in force."""
    setup()
    from dataclasses import asdict

    from heartsease.base.policy import NOT_BUILT, PolicyUnusable, policy

    try:
        for name, value in asdict(policy()).items():
            if name != "features":
                console.print(f"{name} = {value!r}")
        for name, on in policy().features.items():
            later = " (not part of this version)" if name in NOT_BUILT else ""
            console.print(f"features.{name} = {on}{later}")
    except PolicyUnusable as error:
        errors.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from error


@check.command("migrations")
def check_migrations() -> None:
    """Exit 1 if a model has changed without its migration."""
    setup()
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    console.print("Every model has its migration.")


if __name__ == "__main__":
    app()
