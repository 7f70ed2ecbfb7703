"""The vocabulary of the field as closed sets, each with the Chinese that users read.

Code says the English word, people read the Chinese one; both stand here and nowhere else.
The words are those of the project's glossary.
"""

from __future__ import annotations

from enum import StrEnum


class Term(StrEnum):
    """A word of the vocabulary: its value is stored, its :attr:`label` is shown."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Term:
        """Make a member from its stored value and its Chinese label."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class Platform(Term):
    """The four work platforms of a street (四个平台)."""

    GOVERNANCE = "governance", "综治工作"
    MARKET = "market", "市场监管"
    ENFORCEMENT = "enforcement", "综合行政执法"
    SERVICE = "service", "便民服务"


class Lifecycle(Term):
    """Who files and closes a source's cases: we, or a superior platform."""

    OWN = "own", "自办"
    UPSTREAM = "upstream", "上级平台案件"


class ClassKind(Term):
    """The kinds of a class table (GB/T 30428.2: 部件 and 事件), and what other platforms add."""

    COMPONENT = "component", "部件"
    EVENT = "event", "事件"
    CATEGORY = "category", "事项类别"


class MatchMethod(Term):
    """How an incident was given to a street."""

    POLYGON = "polygon", "坐标落入辖区"
    EDGE = "edge", "坐标临近边界"
    GAZETTEER = "gazetteer", "地名匹配"
    ASSERTED = "asserted", "来源指定"
    MANUAL = "manual", "人工判定"
    NO_PLACE = "no_place", "无需定位"
    NONE = "none", "未能判定"


class ClassMethod(Term):
    """How an incident was given its class."""

    CODE = "code", "按区级分类编码"
    SOURCE_CODE = "source_code", "按来源编码映射"
    MANUAL = "manual", "人工判定"
    NONE = "none", "未能判定"


class IncidentState(Term):
    """Where an incident stands."""

    TRIAGE = "triage", "待判定"
    RECEIVED = "received", "待受理"
    ADMITTED = "admitted", "待立案"
    FILED = "filed", "待派遣"
    DISPATCHED = "dispatched", "处置中"
    HANDLED = "handled", "待结案"
    SUSPENDED = "suspended", "挂账"
    CLOSED = "closed", "已结案"
    DECLINED = "declined", "不予受理"
    REJECTED = "rejected", "不予立案"
    VOID = "void", "作废"
    TRANSFERRING = "transferring", "移送中"
    TRANSFERRED = "transferred", "已移送"
    MERGED = "merged", "已并案"
    SENT_BACK = "sent_back", "已退回上级"
    WITHDRAWN = "withdrawn", "上级撤回"


class TaskState(Term):
    """Where a task stands: what one assignee has to do for an incident (任务)."""

    DISPATCHED = "dispatched", "待签收"
    ACCEPTED = "accepted", "已签收"
    STARTED = "started", "处置中"
    HANDLED = "handled", "待核查"
    REWORK = "rework", "返工"
    VERIFIED = "verified", "核查通过"
    RETURNED = "returned", "已退回"
    REASSIGNED = "reassigned", "已改派"
    REDISPATCHED = "redispatched", "待二次签收"


class Command(Term):
    """What people do with an incident, or with one of its tasks."""

    ADMIT = "admit", "受理"
    DECLINE = "decline", "不予受理"
    DECIDE_JURISDICTION = "decide_jurisdiction", "判定管辖"
    DECIDE_CLASS = "decide_class", "判定分类"
    RETURN_CASE = "return_case", "退回上级"
    CONFIRM = "confirm", "核实"
    FILE = "file", "立案"
    REJECT = "reject", "不予立案"
    SETTLE_ON_SPOT = "settle_on_spot", "即查即结"
    VOID = "void", "作废"
    DISPATCH = "dispatch", "派遣"
    REASSIGN = "reassign", "改派"
    ACCEPT = "accept", "签收"
    RETURN = "return", "退回"
    START = "start", "开始处置"
    REPORT_HANDLED = "report_handled", "反馈"
    VERIFY = "verify", "核查"
    CLOSE = "close", "结案"
    REPLY = "reply", "答复"
    REVISIT = "revisit", "回访"
    REOPEN = "reopen", "重办"
    SUSPEND = "suspend", "挂账"
    RESUME = "resume", "恢复"
    SUPERVISE = "supervise", "督办"
    URGE = "urge", "催办"
    CORRECT = "correct", "更正"
    INTERVENE = "intervene", "干预留痕"
    REDISPATCH = "redispatch", "二次派遣"
    JOINT_OPERATION = "joint_operation", "联合执法"
    ASK_EXTENSION = "ask_extension", "申请延期"
    GRANT_EXTENSION = "grant_extension", "同意延期"
    DENY_EXTENSION = "deny_extension", "不同意延期"
    OFFER_TRANSFER = "offer_transfer", "移送"
    ACCEPT_TRANSFER = "accept_transfer", "接收移送"
    REFUSE_TRANSFER = "refuse_transfer", "拒收移送"
    WITHDRAW_TRANSFER = "withdraw_transfer", "撤回移送"
    MERGE = "merge", "并案"
    UNMERGE = "unmerge", "拆分"
    NOTIFY = "notify", "案情通报"
    APPEAL = "appeal", "申诉"
    REVIEW_APPEAL = "review_appeal", "复核申诉"
    HOLD = "hold", "保全"
    RELEASE_HOLD = "release_hold", "解除保全"


class AssigneeKind(Term):
    """Whom a task can be given to."""

    PLATFORM = "platform", "街道平台"
    DEPARTMENT = "department", "职能部门"
    UNIT = "unit", "养护单位"
    COMMUNITY = "community", "社区"
    GRID_WORKER = "grid_worker", "网格员"


class ReceiverKind(Term):
    """To whom a case can be transferred (移送)."""

    DEPARTMENT = "department", "职能部门"
    STREET = "street", "其他街道"
    BODY = "body", "区外机关"


class Assessment(Term):
    """What a case is assessed by that can be appealed against (考核项)."""

    OVERTIME = "overtime", "超时"
    REWORK = "rework", "返工"
    WRONG_DISPATCH = "wrong_dispatch", "派遣错误"
    DISSATISFACTION = "dissatisfaction", "不满意"


class Role(Term):
    """Roles of people and of connected systems (角色)."""

    INTEGRATOR = "integrator", "接入方"
    INTAKE_OPERATOR = "intake_operator", "受理员"
    SHIFT_LEADER = "shift_leader", "值班长"
    DISPATCHER = "dispatcher", "派遣员"
    COLLECTOR = "collector", "信息采集员"
    HANDLER = "handler", "处置人员"
    GRID_WORKER = "grid_worker", "网格员"
    SUPERVISOR = "supervisor", "督办领导"
    TEAM_LEGAL_OFFICER = "team_legal_officer", "法制员"
    LEGAL_REVIEWER = "legal_reviewer", "法制审核员"
    AUDITOR = "auditor", "审计员"
    ADMINISTRATOR = "administrator", "管理员"


class Transport(Term):
    """The way a report came in."""

    KAFKA = "kafka", "消息队列"
    HTTP = "http", "接口推送"
    FILE = "file", "文件导入"
    REPLAY = "replay", "死信重放"


class IntakeOutcome(Term):
    """What became of one delivered record (对账)."""

    ACCEPTED = "accepted", "已接收"
    REVISED = "revised", "已更新"
    LATE = "late", "迟到版本"
    DUPLICATE = "duplicate", "重复"
    DEAD = "dead", "死信"


class ReportFlag(Term):
    """What was odd about an accepted report; recorded with it, never silently repaired."""

    COORDINATES_ZERO = "coordinates_zero", "坐标为零"
    COORDINATES_PLACEHOLDER = "coordinates_placeholder", "坐标为占位值"
    COORDINATES_SWAPPED = "coordinates_swapped", "经纬度疑似颠倒"
    COORDINATES_OUTSIDE = "coordinates_outside", "坐标在辖区之外"
    COORDINATES_UNREADABLE = "coordinates_unreadable", "坐标无法识别"
    TIME_ASSUMED_ZONE = "time_assumed_zone", "时间未注明时区"
    TIME_IN_FUTURE = "time_in_future", "时间晚于接收时间"
    TIME_MISSING = "time_missing", "缺少时间"
    CLASS_UNKNOWN = "class_unknown", "分类编码未知"
    ENCODING_REPAIRED = "encoding_repaired", "按声明外的编码读取"
    TEXT_REPAIRED = "text_repaired", "无效字符已清除"
    PERSONAL_MASKED = "personal_masked", "正文含个人信息已遮蔽"
    CAMERA_UNKNOWN = "camera_unknown", "摄像机未登记"
    ATTACHMENT_MISSING = "attachment_missing", "附件未能取得"
    STREET_UNKNOWN = "street_unknown", "指定街道不存在"
    STREET_CONTRADICTED = "street_contradicted", "指定街道与判定不符"
    COMMUNITY_UNKNOWN = "community_unknown", "指定社区不存在"
    COMMUNITY_AMBIGUOUS = "community_ambiguous", "指定社区重名"
    COMMUNITY_CONTRADICTED = "community_contradicted", "指定社区与判定街道不符"
    ADDRESS_CONTRADICTED = "address_contradicted", "地址与坐标不符"
    COORDINATES_IN_NO_STREET = "coordinates_in_no_street", "坐标不在任何街道"


class Crs(Term):
    """Coordinate systems that sources speak; the store speaks WGS-84."""

    WGS84 = "wgs84", "WGS-84"
    CGCS2000 = "cgcs2000", "CGCS2000"
    GCJ02 = "gcj02", "GCJ-02"
    BD09 = "bd09", "BD-09"


class UpstreamStatus(Term):
    """What a superior platform says of its case that moves it here (上级办理状态)."""

    ASSIGNED = "assigned", "已派发"
    VERIFIED = "verified", "核查通过"
    FAILED_VERIFICATION = "failed_verification", "核查不通过"
    CLOSED = "closed", "已结案"
    WITHDRAWN = "withdrawn", "已撤回"


class UpstreamMessageKind(Term):
    """What we owe a superior platform in its case (上级报文)."""

    ACCEPTED = "accepted", "签收"
    RETURNED = "returned", "退回"
    EXTENSION_ASKED = "extension_asked", "申请延期"
    HANDLED = "handled", "反馈"
    REPLIED = "replied", "答复"


class OutboxState(Term):
    """Where a message to a superior platform stands."""

    WAITING = "waiting", "待发送"
    DELIVERED = "delivered", "已送达"
    REFUSED = "refused", "上级拒收"
    SET_ASIDE = "set_aside", "已搁置"


class ClockKind(Term):
    """What is to be done within a time limit: the clocks of an incident and of its tasks."""

    TRIAGE = "triage", "判定时限"
    ADMIT = "admit", "受理时限"
    FILE = "file", "立案时限"
    DISPATCH = "dispatch", "派遣时限"
    ACCEPT = "accept", "签收时限"
    HANDLE = "handle", "处置时限"
    VERIFY = "verify", "核查时限"
    CLOSE = "close", "结案时限"
    TRANSFER = "transfer", "移送答复时限"
    TOTAL = "total", "总时限"


class ClockStep(Term):
    """What a clock comes to, in this order."""

    APPROACHING = "approaching", "即将到期"
    OVERDUE = "overdue", "已超期"
    ESCALATED = "escalated", "超期上报督办"


class HoldGround(Term):
    """Why something must neither be erased nor archived (保全事由)."""

    LEGAL_HOLD = "legal_hold", "依法保全"
    RECONSIDERATION = "reconsideration", "行政复议"
    LITIGATION = "litigation", "诉讼"


class RetentionKind(Term):
    """What has ended, by how long it is kept (档案保管期限)."""

    FILED = "filed", "立案办结"
    UNFILED = "unfiled", "未立案"
    UPSTREAM = "upstream", "上级平台案件"
    DEAD_LETTER = "dead_letter", "死信"


class ErasureObstacle(Term):
    """What stands against erasing a reporter (不得删除的事由)."""

    OPEN = "open", "事件未办结"
    LEGAL_HOLD = "legal_hold", "依法保全"
    RECONSIDERATION = "reconsideration", "行政复议"
    LITIGATION = "litigation", "诉讼"
    RETENTION = "retention", "保管期限未满"


class ErasureState(Term):
    """Where a request to erase a reporter stands."""

    ASKED = "asked", "待审批"
    APPROVED_ONCE = "approved_once", "待第二人审批"
    CARRIED_OUT = "carried_out", "已删除"
    REJECTED = "rejected", "不予批准"
    REFUSED = "refused", "不符合条件"


class StaysWhy(Term):
    """Why an event can be neither archived nor removed (不得归档移除的事由)."""

    OPEN = "open", "未办结"
    HELD = "held", "保全"
    APPEALED = "appealed", "申诉复核中"
    ONLINE = "online", "在线期限未满"
    KEPT = "kept", "常用，不归档"


class RemovalState(Term):
    """Where a request to remove an archived range from the database stands."""

    ASKED = "asked", "待审批"
    APPROVED_ONCE = "approved_once", "待第二人审批"
    APPROVED = "approved", "已批准，待移除"
    CARRIED_OUT = "carried_out", "已移除"
    REJECTED = "rejected", "不予批准"
    REFUSED = "refused", "不符合条件"


class ApprovalSeat(Term):
    """Whose approvals are needed for what cannot be undone: one of each, by two people (双人审批)."""

    ADMINISTRATION = "administration", "系统管理"
    OVERSIGHT = "oversight", "法制监督"
