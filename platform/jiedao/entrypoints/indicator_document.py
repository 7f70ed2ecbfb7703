"""Writes the indicators as a document (``docs/indicators.md``), from the formulas and words that are in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from projections.indicator_formulas import Formula, Formulas
from projections.indicator_terms import CONDITIONS, GROUPINGS, MOMENTS, QUANTITIES, IndicatorTerm

COMMAND = "jiedao indicators formulas --markdown > docs/indicators.md"
"""What writes the document anew."""

_INTRODUCTION = f"""# 考核评议指标 Indicators

<!-- Written by `{COMMAND}`; what is changed here by hand is lost. -->

每个指标是一个比率：分母所计案件中，分子所计的占多少。分母为零时没有数值（—），不是 0 %。公式是数据
（`config/indicators.toml`，或区级配置目录中的同名文件），用下列条件即可新增指标，不需改程序。
Each indicator is a share: of what its denominator counts, how much its numerator counts. Where the denominator counts
nothing there is no figure (—), which is not 0 %. Formulas are data (`config/indicators.toml`, or a file of that name in
the district's folder, which takes its place as a whole); a further indicator made of the words below needs no code.

`jiedao indicators show --by street --from 2026-11-01 --to 2026-12-01`, or `GET /v1/indicators`, works them out, with
`--as-of` as they stood at any past moment, with `--csv` for a spreadsheet.
"""

_RULES = """## 口径 How things are counted

* 时间以平台时钟记下的时刻为准，不能倒填；期限也从这些时刻起算。
  Times are those of the platform's own clock, from which deadlines count too; nobody can date anything back.
* 每个公式写明按哪个时刻计入时段：按期结案率按期限计入，本月到期的才是本月的应结案件。
  Each formula says by which moment a case falls into a period: what is due this month is this month's to be closed.
* 期限就是时限时钟的期限：处置期限自派遣（返工自核查不通过）起，结案期限自立案起，立案期限自受理起；挂账停计，延期顺延，
  重办重新起算。按期与否，只看时钟是否走过期限；期限恰好到时完成的为按期。立案时限是 `clocks.limits.file`。
  Deadlines are those of the clocks: for handling from dispatch (rework: from the failed verification), for closing from
  filing, for filing from admission; suspensions stop them, extensions move them, a reopened case begins anew. In time
  is what was done before its clock passed its end, or exactly at it. The limit for filing is `[clocks.limits] file`.
* 处置完毕、结案时的期限即为考核期限，不再变动；未完的按回看时点所知的期限。任一任务曾在超期后才反馈、退回或改派的，
  以最早超过的期限为处置期限。
  The deadline of the moment when a case is handled or closed stays; until then it is the one known as of the moment
  asked for. Where a task left its assignee only after its deadline, the first such deadline is that of the handling.
* 上级平台案件有自己的期限的，以其为准；按期反馈即为按期，其后的核查结案由上级负责。
  A superior platform's own deadline wins; its case is in time once it was reported back in time.
* 挂账的案件不计入应处置、应结案；恢复后按恢复后的期限计。
  A case is not counted as due while it is suspended; afterwards its deadline of then counts.
* 处置完毕：全部任务（不含已改派的）都已反馈；核查不通过则须再次反馈，以最后一次为准。
  Wholly handled: every task but those reassigned is reported handled; after a failed verification, once it is again.
* 派遣准确率按任务计：退回、改派的任务各计一次；退回后改派的仍是一次。
  Dispatch accuracy counts tasks; one that was returned and then reassigned is misdirected once.
* 即查即结视同立案，并即时处置完毕、结案。
  What is settled on the spot counts as filed, handled and closed then.
* 重办的案件在再次结案前视为未结；曾返工、首次派遣时间等事实保留。
  A reopened case is open until it is closed anew; that it was reworked, or first dispatched when, stays.
* 申诉获准的，不计入相应的考核（超时、返工、派遣错误、不满意）；事实保留。
  A granted appeal takes the case out of what it was appealed against; what happened stays.
* 部门是分类表写明的责任部门。
  The department is the one that the class table names for the case's class.
* 回访以最近一次为准。
  Of several revisits the last one counts.
"""


def write_document(formulas: Formulas) -> str:
    """Return the document, as Markdown."""
    return "\n".join(_parts(formulas))


def _parts(formulas: Formulas) -> Iterator[str]:
    yield _INTRODUCTION
    yield "## 指标 Indicators\n"
    yield _table(
        (
            "指标",
            "indicator",
            "含义 meaning",
            "分子 numerator",
            "分母 denominator",
            "计入时段 period",
            "越…越好 better",
            "出处 origin",
        ),
        map(_row, formulas.indicators),
    )
    yield _RULES
    for title, terms in (
        ("条件 Conditions: what can be true of a case", CONDITIONS),
        ("数量 Quantities: what can be added up (`numerator_of`, `denominator_of`)", QUANTITIES),
        ("时刻 Moments: by which a case falls into a period (`period`)", MOMENTS),
        ("分组 Groupings: by what figures are told apart (`--by`)", GROUPINGS),
    ):
        yield f"## {title}\n"
        yield _words(terms)


def _row(formula: Formula) -> tuple[str, ...]:
    better = "高 higher" if formula.better == "higher" else "低 lower"
    origin = f"{formula.origin}（推定 assumed）" if formula.assumed else formula.origin
    return (
        formula.label,
        f"`{formula.name}`",
        f"{formula.meaning}。{formula.meaning_en}",
        _side(formula.numerator, formula.numerator_of),
        _side(formula.denominator, formula.denominator_of),
        f"{MOMENTS[formula.period].zh} `{formula.period}`",
        better,
        origin,
    )


def _side(conditions: Sequence[str], quantity: str) -> str:
    said = "、".join(f"{CONDITIONS[name].zh} `{name}`" for name in conditions)
    counted = f"{QUANTITIES[quantity].zh} `{quantity}`"
    return f"{counted}：{said}" if said else counted


def _words(terms: Mapping[str, IndicatorTerm]) -> str:
    return _table(("中文", "word", "meaning"), ((term.zh, f"`{term.name}`", term.en) for term in terms.values()))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '／') for cell in cells)} |" for cells in lines) + "\n"
