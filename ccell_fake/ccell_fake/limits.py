"""The limits and formats of the gateway, each under the document's sentence."""

from dataclasses import dataclass
from datetime import timedelta

# 开通的账号默认最大线程数为3个 (1.1.3, K1)
DEFAULT_THREADS = 3

# 每次请求提交的号码数请控制在500个以内。 (2.1.2.1, S3)
NUMBERS_PER_REQUEST = 500

# 多个号码的分隔符为英文半角”,”。 (2.1.2.1, S2)
NUMBER_SEPARATOR = ","

# 短信内容不能超过1000字符。 (2.1.2.1, S4)
CONTENT_CHARACTERS = 1000

# 短信签名限20字符 (3.1, code 1004015)
SIGNATURE_CHARACTERS = 20

# 每次连接最多返回300条状态(最多300个report节点)。 (2.2.2.2, R2)
REPORTS_PER_CALL = 300

# 每次连接最多返回100条上行(最多100个upmsg节点)。 (2.3.2.2, U2)
UPMSGS_PER_CALL = 100

# sendtime时间格式为YYYY-MM-DD HH:MM:SS(如:2016-01-01 08:30:30)。 (2.4.2.1, A1); motime is written alike (U5)
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"

# recvtime="2015-10-10 10:54:15.0" (2.2.2.2, R5)
RECVTIME_SUFFIX = ".0"

# 定时发送时间不能大于50天 (3.1, code 1004013)
SCHEDULE_AHEAD = timedelta(days=50)

# The document sets no size for a request. A query is measured after percent-decoding.
PAYLOAD_BYTES = 2 * 1024 * 1024
QUERY_BYTES = 256 * 1024

MSGIDS_PER_SECOND = 10_000_000
"""A serial number ends with seven digits for each second (S6, W10)."""

# The document sets no length for these. A request with a longer one is refused (Q37, Q38, Q39).
LINKID_CHARACTERS = 1000
SPCODE_CHARACTERS = 100
USERID_CHARACTERS = 100

# Characters of a linkid and of an spcode if longer ones are accepted, so that 300 reports fit into an answer.
LONGEST_ACCEPTED = 20_000

UNCHUNKED_BYTES = 8192
"""Bytes of the longest answer with a Content-Length. Longer ones leave in chunks of this size (Q59)."""

ANSWER_CHARACTERS = 8 * 1024 * 1024
"""Characters of the values in an answer. A request with a longer answer gets 1001999, and has no effect."""

# One short message carries 70 characters of UCS-2, each part of a longer one 67 (Q13).
SINGLE_SEGMENT = 70
JOINED_SEGMENT = 67


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a gateway, by default the document's.

    Attributes:
        numbers_per_request: Numbers over all submits of a request (S3).
        content_characters: Characters of a content (S4).
        signature_characters: Characters of a signature without brackets (1004015).
        reports_per_call: Reports that one call returns (R2).
        upmsgs_per_call: Upstream messages that one call returns (U2).
        schedule_ahead: How far in the future a sendtime may be (1004013).
        single_segment: Characters of a content that is charged as one message (Q13).
        joined_segment: Characters of each segment of a longer content (Q13).
        linkid_characters: Characters of a linkid (Q37).
        spcode_characters: Characters of an spcode (Q38).
        userid_characters: Characters of an unknown userid (Q39).
    """

    numbers_per_request: int = NUMBERS_PER_REQUEST
    content_characters: int = CONTENT_CHARACTERS
    signature_characters: int = SIGNATURE_CHARACTERS
    reports_per_call: int = REPORTS_PER_CALL
    upmsgs_per_call: int = UPMSGS_PER_CALL
    schedule_ahead: timedelta = SCHEDULE_AHEAD
    single_segment: int = SINGLE_SEGMENT
    joined_segment: int = JOINED_SEGMENT
    linkid_characters: int = LINKID_CHARACTERS
    spcode_characters: int = SPCODE_CHARACTERS
    userid_characters: int = USERID_CHARACTERS
