"""`python -m bench`: measure the real pipeline on this machine."""

import signal
import sys
import time
from pathlib import Path

import click

from swipestream.console.durations import DURATION
from swipestream.console.error_lines import ErrorLines

TRAINING_SET_SECONDS = 60
SLOWEST_SECONDS = 2.0


@click.group(cls=ErrorLines, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measure the pipeline on this machine.

    Each prints a Markdown table and exits with 1 if a result is wrong. Being slow is not a failure
    unless the command states a limit.
    """


@main.command("catch-up")
@click.option("--rate", default=1000.0, show_default=True, type=click.FloatRange(1, 20_000))
@click.option("--before", default="5m", show_default=True, type=DURATION, help="Normal running.")
@click.option("--outage", default="10m", show_default=True, type=DURATION, help="Job stopped.")
@click.option("--after", default="1m", show_default=True, type=DURATION, help="After catching up.")
@click.option("--seed", default=7, show_default=True, help="Seed of the simulated world.")
@click.option("--cards", default=25_000, show_default=True, help="Cards in the world.")
def catch_up(
    rate: float, before: float, outage: float, after: float, seed: int, cards: int
) -> None:
    """Check that an outage of the job changes no score.

    Stops the job while payments keep arriving and restarts it. 5 % of the payments are backdated
    and 2 % are sent twice. Ends with parity and reconciliation of everything stored. Starts the
    stack and prepares the world as the demo does.

    \b
    Examples:
      python -m bench catch-up
      python -m bench catch-up --rate 200 --before 30s --outage 1m --after 30s
    """
    from bench import catch_up as bench
    from swipestream.console.progress import since_now, step_bar
    from swipestream.demo.anew import ask
    from swipestream.demo.stage import set_stage
    from swipestream.settings import Settings

    say = since_now()
    stage = set_stage(Settings.load(), seed, cards, say, ask)
    plan = bench.Plan(rate, before, outage, after, round(time.time()))
    with step_bar() as bar:
        result = bench.run(stage, plan, say, bar)
    click.echo("| part of the run | seconds | payments | out of order | share |")
    click.echo("| --- | ---: | ---: | ---: | ---: |")
    for phase in result.phases:
        click.echo(
            f"| {phase.name} | {phase.seconds:,.0f} | {phase.payments:,} | {phase.behind:,} "
            f"| {phase.behind_share:.2%} |"
        )
    parity, account = result.parity, result.account
    click.echo(
        f"\n{result.backlog:,} messages waited; the job ran after {result.start_seconds:.0f} s "
        f"and was live after {result.live_seconds:.0f} s.\n"
        f"{parity.payments:,} payments: {parity.mismatched:,} mismatched, "
        f"{len(parity.unstored):,} missing, {len(parity.unsent):,} extra, "
        f"{len(parity.misjudged):,} with another outcome.\n"
        f"{account.messages:,} messages: {len(account.unaccounted):,} unaccounted, "
        f"{len(account.doubled):,} doubled."
    )
    sys.exit(0 if result.is_clean else 1)


@main.command("other-data")
@click.option("--rows", default=200_000, show_default=True, type=click.IntRange(1_000))
@click.option("--seed", default=7, show_default=True, help="Seed of the made-up values.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep files, worlds and models here. Default: deleted.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A document to write the table into, between its marks.",
)
def other_data(rows: int, seed: int, out: Path | None, report: Path | None) -> None:
    """Train on files in the shape of four public data sets.

    Writes a file with the columns of Sparkov, PaySim, ULB and IEEE-CIS each, maps it with
    `swipestream produce --to-world`, and trains on the result. Values are made up, so the quality
    says nothing of the real sets. Starts no stack.

    \b
    Examples:
      python -m bench other-data
      python -m bench other-data --rows 20000 --out shapes
      python -m bench other-data --report docs/cookbook/other_data.md
    """
    import tempfile

    from bench.machine import when_and_where
    from bench.marks import check_has_marks, put_between_marks
    from bench.other_data.run import BEGIN, END, HEADER, row, run
    from swipestream.console.progress import since_now

    if report:
        check_has_marks(report, BEGIN, END)
    say = since_now()
    lines = [when_and_where(), "", *HEADER]
    with tempfile.TemporaryDirectory() as folder:
        out = out or Path(folder)
        out.mkdir(parents=True, exist_ok=True)
        for result in run(out.absolute(), rows, seed):
            say(f"{result.name} is done")
            lines.append(row(result))
    if report:
        put_between_marks(report, BEGIN, END, "\n".join(["", *lines, "", ""]))
    click.echo("\n".join(lines))


@main.command("drift")
@click.option("--worlds", default=20, show_default=True, type=click.IntRange(0, 1000))
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A document to write the table into, between its marks; the picture goes into img/.",
)
def drift(worlds: int, report: Path | None) -> None:
    """Inject drift into simulated payments, and watch months without any.

    Payments are counted by the bins of a model and judged by the views and rules of `swipestream
    drift`. Starts a database and no stack. Exits with 1 if a drift is not found within two days, or
    if more than one signal fires without drift.

    \b
    Examples:
      python -m bench drift
      python -m bench drift --report docs/drift.md
    """
    import json
    import tempfile

    from bench.drift import run as bench
    from bench.drift.injected import CALM_DAYS
    from bench.machine import when_and_where
    from bench.marks import check_has_marks, put_between_marks
    from swipestream.console.progress import since_now
    from swipestream.models.training_process import run_program
    from swipestream.settings import Settings

    begin, end = "<!-- drift: begin -->", "<!-- drift: end -->"
    if report:
        check_has_marks(report, begin, end)
    result = bench.run(Settings.load(), worlds, since_now())
    text = "\n".join([when_and_where(), "", *bench.tables(result)])
    if report:
        picture = report.absolute().parent / "img" / "drift_days.png"
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "series.json"
            shown = {one.what: result.series[one.what] for one in result.found[1:]}
            source.write_text(json.dumps({"series": shown, "calm_days": CALM_DAYS}))
            run_program("bench.drift.plots", source, picture)
        put_between_marks(report, begin, end, f"\n{text}\n\n")
    click.echo(text)
    calm, *drifted = result.found
    is_found = all(one.days is not None and one.days <= 2 for one in drifted)
    sys.exit(0 if is_found and not calm.names and result.alarms <= 1 else 1)


@main.command("decision-statement")
def decision_statement() -> None:
    """Time the features of one payment in PostgreSQL, as the decision API asks for them.

    Makes a database for it, with cards of 10, 100 and 1,000 payments in a week. A busy machine
    changes the median and hardly the CPU time.

    \b
    Example:
      python -m bench decision-statement
    """
    from bench import decision_statement as bench
    from bench.machine import when_and_where
    from swipestream.settings import Settings

    click.echo(f"{when_and_where()}\n")
    click.echo("| payments of the card in a week | CPU of the database | median |")
    click.echo("| ---: | ---: | ---: |")
    for cost in bench.measure(Settings.load()):
        click.echo(f"| {cost.payments:,} | {cost.cpu_ms:.2f} ms | {cost.median_ms:.2f} ms |")


@main.command("decisions")
@click.option("--rate", "rates", multiple=True, default=(100.0, 200.0), show_default=True)
@click.option("--for", "seconds", default="1m", show_default=True, type=DURATION, help="Each rate.")
@click.option("--cards", default=5_000, show_default=True, type=click.IntRange(1))
def decisions(rates: tuple[float, ...], seconds: float, cards: int) -> None:
    """Time the answers of the decision API under a steady load.

    Requests are sent at times that are fixed before, and an answer counts from then: one that had
    to wait because others were slow is slow too. Each payment is also scored by the stream, so both
    carry the same load. Needs a stack that was started with `swipestream up --api`. With few cards,
    each gets a long history.

    \b
    Examples:
      python -m bench decisions
      python -m bench decisions --rate 500 --for 30s
      python -m bench decisions --rate 200 --cards 12       a thousand payments of each card
    """
    from bench import decisions as bench
    from bench.machine import when_and_where
    from swipestream.console.progress import step_bar
    from swipestream.settings import Settings

    settings = Settings.load()
    click.echo(f"{when_and_where()} {cards:,} cards.\n")
    click.echo(
        "| requests/s | answers | p50 | p95 | p99 | p99.9 | longest | degraded | refused "
        "| CPU of the API | of the database |"
    )
    click.echo("| ---: " * 11 + "|")
    for rate in rates:
        with step_bar() as bar:
            result = bench.measure(
                settings,
                bench.Load(rate, seconds, cards),
                lambda at: bar("asking", round(at), round(seconds + bench.WARM_UP_SECONDS)),
            )
        times = " | ".join(f"{value:.1f} ms" for value in result.percentiles())
        click.echo(
            f"| {rate:g} | {len(result.milliseconds):,} | {times} | {result.degraded.total():,} "
            f"| {result.refused.total():,} | {result.api_cpu_ms:.2f} ms "
            f"| {result.database_cpu_ms:.2f} ms |"
        )


@main.command("dashboards")
@click.option("--payments", default=5_000_000, show_default=True, type=click.IntRange(1_000))
@click.option("--days", default=30.0, show_default=True, type=click.FloatRange(1, 400))
def dashboards(payments: int, days: float) -> None:
    """Time the query of every chart.

    Fills a database with made-up payments first. Needs the stack's Postgres and several gigabytes
    of disk while it runs. It slows down a job that runs at the same time. Exits with 1 if a chart
    takes more than 2 s for its own time range.

    \b
    Examples:
      python -m bench dashboards
      python -m bench dashboards --payments 200000 --days 9
    """
    from bench import dashboard_charts as bench
    from bench.machine import machine
    from swipestream.console.progress import since_now
    from swipestream.settings import Settings

    result = bench.run(Settings.load(), payments, days, since_now())
    click.echo("| dashboard | chart | rows | usual range | all of it |")
    click.echo("| --- | --- | ---: | ---: | ---: |")
    for timing in result.timings:
        click.echo(
            f"| {timing.dashboard.replace('_', ' ')} | {timing.chart} | {timing.rows:,} "
            f"| {timing.usual_seconds * 1000:,.0f} ms | {timing.longest_seconds * 1000:,.0f} ms |"
        )
    slowest = max(timing.usual_seconds for timing in result.timings)
    click.echo(
        f"\n{result.payments:,} payments of {result.days:g} days, {result.payments_size} with "
        f"indexes; roll-up {result.sums_size}, brought up to date in "
        f"{result.refresh_seconds * 1000:,.0f} ms; victim_visits rebuilt in "
        f"{result.visits_seconds:.1f} s. Slowest chart {slowest:.2f} s. "
        f"On {machine()}."
    )
    sys.exit(0 if slowest < SLOWEST_SECONDS else 1)


@main.command("training-set")
@click.option("--cards", default=45_000, show_default=True, type=click.IntRange(100))
@click.option("--seed", default=7, show_default=True, help="Seed of the simulated world.")
def training_set(cards: int, seed: int) -> None:
    """Time making a training set of two million payments.

    Makes the world first, in a temporary folder, and deletes it afterwards. Needs no stack.
    Exits with 1 if the set takes more than 60 s.

    \b
    Examples:
      python -m bench training-set
      python -m bench training-set --cards 5000
    """
    from bench import training_set as bench
    from swipestream.console.progress import since_now

    result = bench.run(cards, seed, since_now())
    click.echo("| payments | rows with mature labels | seconds | CPU seconds | memory |")
    click.echo("| ---: | ---: | ---: | ---: | ---: |")
    click.echo(
        f"| {result.payments:,} | {result.rows:,} | {result.seconds:.1f} "
        f"| {result.cpu_seconds:.1f} | {result.memory_mb:,.0f} MB |"
    )
    sys.exit(0 if result.seconds < TRAINING_SET_SECONDS else 1)


@main.command("backtest")
@click.option("--payments", default=1_000_000, show_default=True, type=click.IntRange(10_000))
@click.option("--seed", default=7, show_default=True, help="Seed of the simulated world.")
def backtest(payments: int, seed: int) -> None:
    """Measure time, memory and disk of a backtest.

    Makes a world of about so many payments, trains a model on a smaller one, and tries it on the
    first. Needs no stack.

    \b
    Examples:
      python -m bench backtest
      python -m bench backtest --payments 10000000
    """
    from bench import backtest as bench
    from bench.machine import when_and_where
    from swipestream.console.progress import since_now

    result = bench.run(payments, seed, since_now())
    click.echo(f"{when_and_where()}\n")
    click.echo("| payments | measured | trees | seconds | CPU seconds | memory | disk |")
    click.echo("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    click.echo(
        f"| {result.payments:,} | {result.measured:,} | {result.trees} | {result.seconds:.0f} "
        f"| {result.cpu_seconds:.0f} | {result.memory_mb:,.0f} MB | {result.disk_mb:,.0f} MB |"
    )


@main.command()
@click.option("--payments", default=2_000, show_default=True, type=click.IntRange(1))
def explanations(payments: int) -> None:
    """Measure what a score and its explanation take.

    Uses the champion and the newest payments of the last training set. Needs no running stack.
    Exits with 1 if a score is not the sum of its contributions.

    \b
    Examples:
      python -m bench explanations
    """
    from bench import explanations as bench
    from bench.machine import machine
    from swipestream.settings import Settings
    from swipestream.verify.parity.comparison import SCORE_TOLERANCE

    result = bench.run(Settings.load().models_dir, payments)
    click.echo("| CPU a payment | score | explanation |")
    click.echo("| --- | ---: | ---: |")
    for name, score_ms, explanation_ms in (
        ("in one batch", result.score_ms, result.explanation_ms),
        ("one by one", result.score_alone_ms, result.explanation_alone_ms),
    ):
        click.echo(f"| {name} | {score_ms:.3f} ms | {explanation_ms:.3f} ms |")
    click.echo(
        f"\n{result.payments:,} payments, {result.version}; largest difference between a score and "
        f"the sum of its contributions {result.difference:.1e}. {machine()}"
    )
    sys.exit(0 if result.difference <= SCORE_TOLERANCE else 1)


@main.command("rules")
@click.option("--payments", default=400_000, show_default=True, type=click.IntRange(10_000))
@click.option("--cards", default=50_000, show_default=True, type=click.IntRange(100))
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--step-only", is_flag=True, help="Time only the step that looks at rules, here.")
def rules(payments: int, cards: int, rounds: int, step_only: bool) -> None:
    """Measure what 20 rules and a list of 100,000 cards cost a payment.

    Runs the job over a full topic on a separate stack, in turns without and with them, and compares
    the CPU time of all processes. Exits with 1 if the median with rules is more than 3 % above the
    one without. What else the machine does meets both, and blurs the difference.

    \b
    Examples:
      python -m bench rules
      python -m bench rules --step-only             in seconds, without a stack
      python -m bench rules --payments 200000 --rounds 5
    """
    import tempfile
    from statistics import median

    from bench import rules as bench
    from bench.machine import when_and_where
    from swipestream.console.progress import since_now
    from swipestream.settings import Settings

    if step_only:
        click.echo(f"{when_and_where()}\n")
        click.echo("| payments in a batch | CPU a payment without rules | with rules |")
        click.echo("| ---: | ---: | ---: |")
        with tempfile.TemporaryDirectory() as made:
            for step in bench.step_costs(Path(made)):
                click.echo(f"| {step.batch:,} | {step.without:.2f} µs | {step.with_rules:.2f} µs |")
        return
    settings = Settings.load()
    folder = settings.state_dir / "benchmarks" / "rules"
    cost = bench.run(settings, payments, cards, rounds, folder, since_now())
    click.echo(f"{when_and_where()}\n")
    click.echo("| CPU a payment | median | runs |")
    click.echo("| --- | ---: | --- |")
    for name, runs in (("without rules", cost.without), ("with rules", cost.with_rules)):
        each = ", ".join(f"{value:.1f}" for value in runs)
        click.echo(f"| {name} | {median(runs):.1f} µs | {each} |")
    click.echo(f"\n{cost.share:+.1%} of CPU a payment; at most {bench.MOST_SHARE:.0%}.")
    sys.exit(0 if cost.share <= bench.MOST_SHARE else 1)


@main.command("handbook")
@click.option("--seed", default=7, show_default=True, help="Seed of the first draw.")
@click.option("--draws", type=click.IntRange(1), help="Number of draws.  [default: 4]")
@click.option("--trials", type=click.IntRange(1), help="Search trials.  [default: 15]")
@click.option("--quick", is_flag=True, help="A small run of seconds, to see that it works.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for results. Default: benchmarks/handbook/ in SWIPESTREAM_HOME.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    help="Document whose marked part the tables replace.",
)
def handbook(
    seed: int,
    draws: int | None,
    trials: int | None,
    quick: bool,
    out: Path | None,
    report: Path | None,
) -> None:
    """Measure the model on a public benchmark.

    Compares with its published figures. Simulates 1.8 million payments as the Fraud Detection
    Handbook describes, computes features, chooses parameters on the weeks before the test weeks,
    and measures logistic regression, random forest and LightGBM on four test weeks. Needs 2 cores
    and 4 GB of memory, but no stack.

    \b
    Examples:
      python -m bench handbook --quick
      python -m bench handbook
      python -m bench handbook --report docs/model_quality.md
    """
    from swipestream.models.training_process import run_program
    from swipestream.settings import Settings

    folder = out or Settings.load().state_dir / "benchmarks" / "handbook"
    options: list[object] = ["--out", folder.absolute(), "--seed", seed]
    for name, value in (("--draws", draws), ("--trials", trials)):
        options += [name, value] if value else []
    options += ["--quick"] if quick else []
    options += ["--report", report.absolute()] if report else []
    sys.exit(run_program("bench.handbook", *options))


@main.command("viewers")
@click.option("--viewers", default=10, show_default=True, type=click.IntRange(1, 100))
@click.option("--minutes", default=3, show_default=True, type=click.IntRange(1, 60))
@click.option("--rate", default=200.0, show_default=True, type=click.FloatRange(1, 20_000))
@click.option("--seed", default=7, show_default=True, help="Seed of the simulated world.")
@click.option("--cards", default=25_000, show_default=True, help="Cards in the world.")
def viewers(viewers: int, minutes: int, rate: float, seed: int, cards: int) -> None:
    """Measure whether dashboard viewers slow the stream down.

    Payments flow throughout. In the second half, viewers keep the fraud overview open, which
    reloads all of its charts every ten seconds. Needs the dashboards: `swipestream up
    --dashboards`. Exits with 1 if a chart gets no answer.

    \b
    Examples:
      python -m bench viewers
      python -m bench viewers --viewers 3 --minutes 1
    """
    from bench import dashboard_viewers as bench
    from bench.machine import machine
    from swipestream.console.progress import since_now
    from swipestream.demo.anew import ask
    from swipestream.demo.stage import set_stage
    from swipestream.settings import Settings

    say = since_now()
    stage = set_stage(Settings.load(), seed, cards, say, ask)
    click.echo("| part of the run | payments | p50 | p99 | highest p99 of a minute | answers |")
    click.echo("| --- | ---: | ---: | ---: | ---: | ---: |")
    phases = bench.run(stage, viewers, minutes, rate, say)
    for phase in phases:
        click.echo(
            f"| {phase.name} | {phase.payments:,} | {phase.p50_ms:,.0f} ms "
            f"| {phase.p99_ms:,.0f} ms | {phase.highest_p99_ms:,.0f} ms | {phase.answers:,} |"
        )
    watched = phases[-1]
    click.echo(
        f"\nSlowest answer {watched.slowest_seconds:.1f} s, {watched.failures:,} failed. "
        f"On {machine()}."
    )
    sys.exit(1 if watched.failures or not watched.answers else 0)


@main.command("streaming")
@click.option("--quick", is_flag=True, help="A small run of minutes, to see that it works.")
@click.option(
    "--parts",
    help="Comma-separated: throughput, latency, growth, offline. Parts left out keep their earlier "
    "results.  [default: all; --quick: all but growth]",
)
@click.option(
    "--systems",
    help="Comma-separated: swipestream, plain_loop, bytewax_flow, quixstreams_app, "
    "spark_stream.  [default: all]",
)
@click.option(
    "--payments", type=click.IntRange(10_000), help="Payments in the file.  [default: 2,000,000]"
)
@click.option("--cards", type=click.IntRange(100), help="Cards in the file.  [default: 100,000]")
@click.option(
    "--repeats",
    type=click.IntRange(1),
    help="Runs of each measurement.  [default: 3; growth: 2, of which the faster counts]",
)
@click.option(
    "--rates",
    help="Comma-separated payments a second of the latency runs.  [default: 100,1000,5000 and 80 % "
    "of what the slowest system sustains]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for results. Default: benchmarks/streaming/ in SWIPESTREAM_HOME.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    help="Document whose marked parts the tables replace; pictures go to img/ next to it. A part "
    "without results is left as it is.",
)
@click.option(
    "--capacity",
    type=click.Path(path_type=Path),
    help="Document whose marked part gets the cluster sizes computed from the growth part.",
)
def streaming(
    quick: bool,
    parts: str | None,
    systems: str | None,
    payments: int | None,
    cards: int | None,
    repeats: int | None,
    rates: str | None,
    out: Path | None,
    report: Path | None,
    capacity: Path | None,
) -> None:
    """Measure the pipeline and its alternatives.

    The Flink job, a plain Python loop, bytewax, quixstreams and PySpark get the same payments,
    windows, lookups, model and table. Measures payments a second, CPU seconds, memory, latency at
    fixed rates, and whether the results agree. Then measures how the job's cost grows with cards,
    payments per card and parallelism, in memory and in RocksDB, and compares making the training
    set and the simulation with pandas. Starts separate stacks and deletes them. Needs `make peers`.

    \b
    Examples:
      python -m bench streaming --quick
      python -m bench streaming --systems swipestream,plain_loop --repeats 1
      python -m bench streaming --parts latency --rates 1000
      python -m bench streaming --parts growth,offline
      python -m bench streaming --report docs/performance.md --capacity docs/capacity.md
    """
    from dataclasses import asdict, replace

    from bench.machine import when_and_where
    from bench.marks import check_has_marks, put_between_marks
    from bench.offline.measure import measure as measure_offline
    from bench.streaming import capacity as capacities
    from bench.streaming import growth
    from bench.streaming import plan as plans
    from bench.streaming import report as reporting
    from bench.streaming import run as contest
    from bench.streaming.results import Results
    from swipestream.console.progress import since_now
    from swipestream.errors import SwipestreamError
    from swipestream.models.training_process import run_program
    from swipestream.settings import Settings

    # Told to end, it still stops what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    settings = Settings.load()
    folder = (out or settings.state_dir / "benchmarks" / "streaming").absolute()
    plan = replace(
        plans.QUICK if quick else plans.Plan(),
        systems=one_of_each("--systems", systems, tuple(plans.NAMES)),
    )
    plan = replace(
        plan,
        payments=payments or plan.payments,
        cards=cards or plan.cards,
        repeats=repeats or plan.repeats,
        growth_repeats=repeats or plan.growth_repeats,
    )
    if rates:
        plan = replace(plan, rates=rates_of(rates), share_of_slowest=0.0)
    chosen = one_of_each("--parts", parts, plans.PARTS)
    if report:
        for marks in reporting.MARKS.values():
            check_has_marks(report, *marks)
    if capacity:
        check_has_marks(capacity, capacities.BEGIN, capacities.END)
    say, path = since_now(), folder / "results.json"
    results = Results.read(path) if parts and path.exists() else Results()
    if capacity and not results.growth and (plans.GROWTH not in chosen or not plan.growth_payments):
        raise SwipestreamError(
            "--capacity needs results of the growth part, and there are none", "add --parts growth"
        )
    if plans.OFFLINE in chosen:
        found = measure_offline(plan.offline_payments, plan.offline_cards, plan.seed, say)
        results.offline_header = when_and_where()
        results.offline = asdict(found)
        results.write(path)
    if {plans.THROUGHPUT, plans.LATENCY} & set(chosen):
        contest.run(settings, plan, chosen, folder, results, say)
    if plans.GROWTH in chosen and plan.growth_payments:
        growth.run(settings, plan, folder, results, say)
    pictures = report.absolute().parent / "img" if report else folder
    run_program("bench.streaming.plots", path, pictures)
    if report:
        for part, text in reporting.tables(results, "img/").items():
            put_between_marks(report, *reporting.MARKS[part], text)
    if capacity:
        text = capacities.capacity_tables(results)
        put_between_marks(capacity, capacities.BEGIN, capacities.END, text)
    click.echo("\n".join(reporting.tables(results).values()))
    failures = results.failures | results.latency_failures | results.growth_failures
    sys.exit(1 if failures or any(results.differences.values()) else 0)


def one_of_each(option: str, given: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """
    The names in an option's list.

    :param given: comma-separated; None means all known names.
    :raises SwipestreamError: unknown name.
    """
    from swipestream.errors import SwipestreamError

    names = tuple(given.split(",")) if given else known
    if unknown := set(names) - set(known):
        raise SwipestreamError(
            f"{option} does not know {sorted(unknown)[0]}", f"use {', '.join(known)}"
        )
    return names


def rates_of(given: str) -> tuple[int, ...]:
    """
    Payments a second.

    :raises SwipestreamError: not a list of whole numbers above 0.
    """
    from swipestream.errors import SwipestreamError

    try:
        rates = tuple(int(rate) for rate in given.split(","))
    except ValueError:
        rates = (0,)
    if min(rates) < 1:
        raise SwipestreamError(
            f"--rates {given} is not a list of whole numbers above 0", "as in 100,1000"
        )
    return rates
