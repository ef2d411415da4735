"""Numbered refusals: the one error type that crosses a boundary.

Decides nothing; names every reason for which this software says no. Numbers are never reused. The thousands tell how a refusal
behaves:

* 1xxx malformed, 2xxx unauthenticated, 3xxx retriable: answered as gRPC status, not stored, not logged, not sticky;
* 4xxx procedure and claims: a signed REFUSED receipt, stored, one log entry, the same for ever;
* 5xxx desk, 6xxx materials, 7xxx registers: gRPC status to the caller;
* 8xxx operations and start-up.

`docs/errors.md` is generated from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Code(Enum):
    """Canonical gRPC status codes in use here, by number (core imports no grpc)."""

    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


@dataclass(frozen=True, slots=True)
class Kind:
    """One numbered reason with its texts; `zh` and `en` say what to do next."""

    number: int
    name: str
    code: Code
    en: str
    zh: str
    retriable: bool = False


class Refused(Exception):  # noqa: N818 - the word of the domain: a refusal is an answer, not a fault
    """Something was refused for a numbered reason; nothing was changed.

    Attributes:
        kind: the numbered reason.
        field: the field or item at fault, may be empty; never personal data.
        retry_after_s: advice for retriable kinds, else None.
    """

    def __init__(self, kind: Kind, field: str = "", *, retry_after_s: float | None = None) -> None:
        """Keeps the reason; the message is for logs and carries no personal data."""
        super().__init__(f"{kind.number} {kind.name}" + (f" ({field})" if field else ""))
        self.kind = kind
        self.field = field
        self.retry_after_s = retry_after_s if retry_after_s is not None else (1.0 if kind.retriable else None)


def _kind(number: int, name: str, code: Code, en: str, zh: str, *, retriable: bool = False) -> Kind:
    kind = Kind(number, name, code, en, zh, retriable)
    if number in BY_NUMBER:
        msg = f"refusal number {number} is taken"
        raise AssertionError(msg)
    BY_NUMBER[number] = kind
    return kind


BY_NUMBER: dict[int, Kind] = {}

_BAD, _AUTH, _NO = Code.INVALID_ARGUMENT, Code.UNAUTHENTICATED, Code.FAILED_PRECONDITION

# fmt: off
# 1xxx: malformed.
MALFORMED = _kind(1001, "MALFORMED", _BAD, "The message cannot be read. Build it again.", "报文无法解析，请重新生成。")
TOO_LARGE = _kind(1002, "TOO_LARGE", _BAD, "The message is larger than allowed. Send documents as materials.", "报文超过大小限制，请将文件作为材料上传。")
UNKNOWN_HEADER_FIELD = _kind(1003, "UNKNOWN_HEADER_FIELD", _BAD, "The header has a field of a newer format. Upgrade this side first.", "报文头含有新版本字段，请先升级本端。")
BAD_FORMAT_VERSION = _kind(1004, "BAD_FORMAT_VERSION", _BAD, "This format version is not supported.", "不支持该报文格式版本。")
BAD_FIELD = _kind(1005, "BAD_FIELD", _BAD, "A field is missing or has a wrong form. Correct the named field.", "字段缺失或格式错误，请更正所列字段。")
UNKNOWN_SERVICE = _kind(1006, "UNKNOWN_SERVICE", _BAD, "This service is not known here.", "未知的业务类型。")
UNKNOWN_ACTION = _kind(1007, "UNKNOWN_ACTION", _BAD, "The service has no such action.", "该业务没有此操作。")
PAYLOAD_DIGEST_MISMATCH = _kind(1008, "PAYLOAD_DIGEST_MISMATCH", _BAD, "The sealed payload is not the one that was signed.", "密封内容与签名摘要不符。")
TAG_COMMITMENT_MISMATCH = _kind(1009, "TAG_COMMITMENT_MISMATCH", _BAD, "The tag opening does not fit the commitment in the header.", "标签开示与报文头承诺不符。")
UNKNOWN_PROVINCE = _kind(1010, "UNKNOWN_PROVINCE", _BAD, "Sender or receiver is no member.", "发送方或接收方不是成员单位。")
CONFLICTING_REPEAT = _kind(1011, "CONFLICTING_REPEAT", Code.ALREADY_EXISTS, "Another message with this id is stored. Use a new id for new content.", "该报文编号已对应其他内容，新内容请使用新编号。")
UNKNOWN_RULES = _kind(1012, "UNKNOWN_RULES", _BAD, "The procedure, calendar or policy digest is not in force.", "流程、工作日历或政策版本摘要无效。")
FUTURE_CLOCK = _kind(1013, "FUTURE_CLOCK", _BAD, "The message is dated in the future. Set the sender's clock.", "报文时间晚于当前时间，请校准发送方时钟。")
BATCH_TOO_LARGE = _kind(1014, "BATCH_TOO_LARGE", _BAD, "Too many messages in one batch. Send smaller batches.", "单批报文过多，请减小批次。")

# 2xxx: unauthenticated.
NO_IDENTITY = _kind(2001, "NO_IDENTITY", _AUTH, "No valid client certificate. Use the certificate of your role.", "未提供有效的客户端证书，请使用对应角色证书。")
WRONG_ROLE = _kind(2002, "WRONG_ROLE", Code.PERMISSION_DENIED, "This certificate's role may not make this call.", "该证书角色无权调用此接口。")
SENDER_NOT_CALLER = _kind(2003, "SENDER_NOT_CALLER", Code.PERMISSION_DENIED, "The sender in the header is not the caller.", "报文头发送方与调用方身份不一致。")
UNKNOWN_KEY = _kind(2004, "UNKNOWN_KEY", _AUTH, "The key is not registered for this province and purpose.", "该密钥未在该省以此用途登记。")
BAD_SIGNATURE = _kind(2005, "BAD_SIGNATURE", _AUTH, "The signature does not verify.", "签名验证失败。")
KEY_REVOKED = _kind(2006, "KEY_REVOKED", _AUTH, "The signing certificate was revoked. Sign with a valid key.", "签名证书已吊销，请使用有效密钥签名。")
KEY_EXPIRED = _kind(2007, "KEY_EXPIRED", _AUTH, "The signing certificate has expired. Sign the same header again with the new key.", "签名证书已过期，请用新密钥对同一报文头重新签名。", retriable=True)
KEY_NOT_YET_VALID = _kind(2008, "KEY_NOT_YET_VALID", _AUTH, "The signing certificate is not valid yet.", "签名证书尚未生效。", retriable=True )
UNIT_NOT_ALLOWED = _kind(2009, "UNIT_NOT_ALLOWED", Code.PERMISSION_DENIED, "The certificate may not speak for this unit.", "该证书无权代表此单位。")
BAD_TRUST_LIST = _kind(2010, "BAD_TRUST_LIST", _AUTH, "The trust list does not verify up to the root.", "信任清单未能通过根证书验证。")

# 3xxx: retriable.
PRIOR_MISSING = _kind(3001, "PRIOR_MISSING", Code.ABORTED, "An earlier message of this case is missing. Send it first.", "本案前序报文缺失，请先补发。", retriable=True)
TOO_MANY_IN_FLIGHT = _kind(3002, "TOO_MANY_IN_FLIGHT", Code.RESOURCE_EXHAUSTED, "Too many messages are being handled. Wait and try again.", "在途报文过多，请稍后重试。", retriable=True)
UNAVAILABLE = _kind(3003, "UNAVAILABLE", Code.UNAVAILABLE, "The service cannot answer now. Try again.", "服务暂不可用，请稍后重试。", retriable=True)
DRAINING = _kind(3004, "DRAINING", Code.UNAVAILABLE, "The service is shutting down. Try again shortly.", "服务正在停机，请稍后重试。", retriable=True)
TAG_EPOCH_MISSING = _kind(3005, "TAG_EPOCH_MISSING", Code.ABORTED, "The opening lacks a tag epoch in force. Fetch the trust list and add it.", "缺少当前有效的标签密钥周期，请更新信任清单后补充。", retriable=True)
MATERIAL_ABSENT = _kind(3006, "MATERIAL_ABSENT", Code.FAILED_PRECONDITION, "A named material is not stored. Upload it first.", "所列材料尚未上传，请先上传材料。", retriable=True)
POLICY_SUPERSEDED = _kind(3007, "POLICY_SUPERSEDED", Code.ABORTED, "The opening names another policy than the one in force for its province. Fetch the trust list and name that.", "所引政策表不是本省当前有效版本，请更新信任清单后重新引用。", retriable=True)

# 4xxx: procedure and claims; answered with a signed REFUSED receipt.
CASE_EXISTS = _kind(4001, "CASE_EXISTS", _NO, "The case is open already.", "该案件已存在。")
CASE_UNKNOWN = _kind(4002, "CASE_UNKNOWN", _NO, "There is no such case.", "案件不存在。")
CASE_CLOSED = _kind(4003, "CASE_CLOSED", _NO, "The case is closed.", "案件已办结。")
NOT_A_PARTY = _kind(4004, "NOT_A_PARTY", _NO, "The sender or receiver has no part in this case.", "发送方或接收方不是本案当事方。")
WRONG_PARTY = _kind(4005, "WRONG_PARTY", _NO, "This action belongs to the other province.", "该操作应由对方省份办理。")
OUT_OF_PROCEDURE = _kind(4006, "OUT_OF_PROCEDURE", _NO, "The action is not possible in the present state of the case.", "案件当前状态不允许此操作。")
NO_LIVE_PERMIT = _kind(4007, "NO_LIVE_PERMIT", _NO, "There is no valid permit: it expired or was revoked.", "没有有效的准迁证：已过期或已撤销。")
PERSON_CLAIMED = _kind(4008, "PERSON_CLAIMED", _NO, "Another open case concerns this person. Wait until it is closed.", "该人员已有在办业务，请待其办结后再申请。")
KEY_MATERIAL_OPEN = _kind(4009, "KEY_MATERIAL_OPEN", _NO, "A key material is missing: no irreversible action until it is there.", "关键材料缺失，补齐前不得办理不可逆事项。")
REASON_REQUIRED = _kind(4010, "REASON_REQUIRED", _NO, "This action needs a reason class.", "该操作须注明原因类别。")
RULES_CHANGED = _kind(4011, "RULES_CHANGED", _NO, "The case runs under other rules than the message names.", "报文所列规则版本与案件适用版本不一致。")
CONCERNS_OTHER = _kind(4012, "CONCERNS_OTHER", _NO, "The message does not concern the action that waits for it.", "报文所指操作与待确认操作不符。")
LIMIT_NOT_PASSED = _kind(4013, "LIMIT_NOT_PASSED", _NO, "The limit that this action waits for has not passed yet.", "该操作须待期限届满后方可办理。")
CONTENT_UNUSABLE = _kind(4014, "CONTENT_UNUSABLE", _NO, "Content of this case could not be used by its receiver and must be sealed again first.", "本案有内容无法被接收方使用，须先重新密封发送。")

# 5xxx: desk.
REQUEST_CONFLICT = _kind(5001, "REQUEST_CONFLICT", Code.ALREADY_EXISTS, "This request id was used for other content. Use a new one.", "该请求编号已用于其他内容，请使用新编号。")
VERSION_CONFLICT = _kind(5002, "VERSION_CONFLICT", Code.ABORTED, "Somebody changed the case meanwhile. Read it again and decide anew.", "案件已被他人变更，请刷新后重新决定。")
CASE_NOT_FOUND = _kind(5003, "CASE_NOT_FOUND", Code.NOT_FOUND, "This province has no such case.", "本省没有该案件。")
ACTION_NOT_LEGAL = _kind(5004, "ACTION_NOT_LEGAL", _NO, "The action is not possible now. See legal_actions of the case.", "当前不能办理该操作，请查看案件可办事项。")
CONSENT_MISSING = _kind(5005, "CONSENT_MISSING", _NO, "The citizen's choice of the electronic way must be recorded.", "须先登记群众自愿选择网上办理。")
DECISION_PENDING = _kind(5006, "DECISION_PENDING", Code.ABORTED, "An earlier decision of this case is still on its way.", "本案前一决定仍在处理中，请稍候。", retriable=True)
BAD_PAGE_TOKEN = _kind(5007, "BAD_PAGE_TOKEN", _BAD, "The page token or cursor is not one of ours.", "分页标记无效。")
NOT_REGISTERED_HERE = _kind(5008, "NOT_REGISTERED_HERE", _NO, "The register has no active record of this person.", "本省人口系统无此人有效户籍登记。")
RECORD_MISMATCH = _kind(5009, "RECORD_MISMATCH", _NO, "The record differs from what the case states. Return it for correction.", "登记信息与案件陈述不一致，请退回补正。")
ALREADY_REGISTERED_HERE = _kind(5010, "ALREADY_REGISTERED_HERE", _NO, "The person is registered in this province already.", "该人员已在本省登记。")
GUARDIAN_REQUIRED = _kind(5011, "GUARDIAN_REQUIRED", _NO, "Who is under 18 moves with a guardian of age. Name one.", "未满18周岁的人员须由成年监护人办理，请填写监护人。")
AGENT_NOT_ALLOWED = _kind(5012, "AGENT_NOT_ALLOWED", _NO, "An agent of age may act for an applicant of age, with his written authority. Add it as a document.", "成年申请人方可委托成年代理人，请上传授权委托书。")
NEW_HEAD_REQUIRED = _kind(5013, "NEW_HEAD_REQUIRED", _NO, "The head of the household moves and others stay. Return it so that the applicant names who follows.", "户主迁出而有其他成员留户，请退回由申请人填写新户主。")
RETURN_INCOMPLETE = _kind(5014, "RETURN_INCOMPLETE", _NO, "The register differs in more than the return names. Tell everything at once, see FindResident.", "退回未列明全部不一致项，须一次性告知，请核对登记信息。")


# 6xxx: materials.
MATERIAL_TOO_LARGE = _kind(6001, "MATERIAL_TOO_LARGE", _BAD, "A document may have 8 MiB at most.", "单个材料不得超过8MiB。")
MATERIAL_DIGEST_MISMATCH = _kind(6002, "MATERIAL_DIGEST_MISMATCH", _BAD, "The bytes do not have the named digest.", "材料内容与摘要不符。")
MATERIAL_NOT_FOUND = _kind(6003, "MATERIAL_NOT_FOUND", Code.NOT_FOUND, "No such material is stored.", "材料不存在。")
MATERIAL_OFFSET = _kind(6004, "MATERIAL_OFFSET", Code.OUT_OF_RANGE, "The upload does not continue where the store stands. Ask StatMaterial, at a desk StatDocument.", "续传位置不符，请先查询已存长度。", retriable=True)
CANNOT_OPEN = _kind(6005, "CANNOT_OPEN", _BAD, "The sealed content cannot be opened or is not what was committed to.", "密封内容无法解封或与承诺不符。")

# 7xxx: registers.
RECORD_NOT_FOUND = _kind(7001, "RECORD_NOT_FOUND", Code.NOT_FOUND, "The register has no such record.", "人口系统无此记录。")
RECORD_HELD = _kind(7002, "RECORD_HELD", Code.ABORTED, "Another operation holds the record. Try again.", "该记录正被其他操作占用，请稍后重试。", retriable=True)
RECORD_NOT_ACTIVE = _kind(7003, "RECORD_NOT_ACTIVE", _NO, "The record is not active.", "该记录不是有效户籍。")
RECORD_EXISTS = _kind(7004, "RECORD_EXISTS", _NO, "The person has an active record here already.", "该人员在本地已有有效户籍。")
OPERATION_RELEASED = _kind(7005, "OPERATION_RELEASED", _NO, "The operation was released.", "该操作已释放。")
OPERATION_UNKNOWN = _kind(7006, "OPERATION_UNKNOWN", _NO, "The register never saw this operation.", "人口系统无此操作。")
OPERATION_CONFLICT = _kind(7007, "OPERATION_CONFLICT", Code.ALREADY_EXISTS, "The operation id was used for another change.", "该操作编号已用于其他变更。")
UNREADABLE_RECORD = _kind(7008, "UNREADABLE_RECORD", _NO, "The record is not in the province's format.", "记录不符合本省格式。")
CHANGE_IMPOSSIBLE = _kind(7009, "CHANGE_IMPOSSIBLE", _NO, "The register cannot make the change. The reservation stands: clear the cause there, then finalise again.", "人口系统无法完成该变更，预留仍然有效，请排除原因后重新办理。")

# 8xxx: operations and start-up.
TIME_NOT_SIMULATED = _kind(8001, "TIME_NOT_SIMULATED", _NO, "Business time follows the real clock here.", "本系统使用真实时间，不可调整业务时间。")
TIME_BACKWARDS = _kind(8002, "TIME_BACKWARDS", _NO, "Business time never goes back.", "业务时间不可倒退。")
YEAR_WITHOUT_CALENDAR = _kind(8003, "YEAR_WITHOUT_CALENDAR", _NO, "The calendar has no data for this year. Install the year's notice.", "工作日历缺少该年度数据，请更新放假安排。")
BAD_SETTINGS = _kind(8004, "BAD_SETTINGS", _BAD, "The settings file is not usable.", "配置文件无效。")
LEDGER_SHORTER_THAN_LOG = _kind(8005, "LEDGER_SHORTER_THAN_LOG", _NO, "The ledger is shorter than a checkpoint that was published. Restore the newer database; never continue from this one.", "账本短于已公布的检查点，请恢复较新的数据库，切勿继续使用当前库。")
LOG_CORRUPT = _kind(8006, "LOG_CORRUPT", Code.INTERNAL, "A stored log entry does not have its recorded hash: nothing is signed until it is mended.", "日志条目与存证哈希不符，修复前不再签发检查点。")
TRUST_LIST_ROLLBACK = _kind(8007, "TRUST_LIST_ROLLBACK", _NO, "A newer trust list is in force.", "已有更新版本的信任清单。")
ENGINE_MISSING = _kind(8008, "ENGINE_MISSING", _NO, "A server program is missing.", "缺少所需的服务程序。")
NOT_FOUND = _kind(8009, "NOT_FOUND", Code.NOT_FOUND, "There is nothing under that name.", "未找到所请求的内容。")
NOT_CERTIFIED = _kind(8010, "NOT_CERTIFIED", _NO, "The key ceremony does not sign this. Check the named item with whoever asked.", "密钥仪式不予签发，请与申请方核对所列事项。")
EPOCH_IN_USE = _kind(8011, "EPOCH_IN_USE", _NO, "Claims stand under a tag epoch that this trust list lets go. Keep the epoch until they stand under a newer one too.", "该信任清单停用的标签密钥周期下仍有占用记录，须保留至其全部转入新周期。")
NOT_HELD = _kind(8012, "NOT_HELD", Code.NOT_FOUND, "No such delivery is held. See the list of those that are.", "没有这条挂起的报文，请查看挂起清单。")
CANNOT_PROCESS = _kind(8013, "CANNOT_PROCESS", Code.INTERNAL, "This node cannot process the message. Its process log says why; when that is mended, the hub's operator replays it.", "本节点无法处理该报文，原因见进程日志；排除后由枢纽运维重新投递。")
# fmt: on
