"""Reports as mail systems send them: delivery status notifications, spam complaints, and what is neither."""

from __future__ import annotations


def bounce(
    *,
    to: str = "bounces@mail.test",
    recipient: str = "sam@example.test",
    action: str = "failed",
    status: str = "5.1.1",
    words: str = "550 5.1.1 no such user here",
    message_id: str = "<1@engage.test>",
    headers_only: bool = False,
) -> bytes:
    """Return a notification in the format of RFC 3464."""
    quoted = (
        f"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\nSubject: Hello\r\n"
        if headers_only
        else f"Content-Type: message/rfc822\r\n\r\nMessage-ID: {message_id}\r\nSubject: Hello\r\n\r\nWords\r\n"
    )
    return _report(
        to,
        "delivery-status",
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example.test\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {words}\r\n",
        quoted,
    )


def complaint(
    *,
    to: str = "bounces@mail.test",
    recipient: str = "sam@example.test",
    came_from: str = "bounces@mail.test",
    kind: str = "abuse",
    message_id: str = "<1@engage.test>",
) -> bytes:
    """Return a complaint in the format of RFC 5965."""
    return _report(
        to,
        "feedback-report",
        f"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\nUser-Agent: BigMail/1.0\r\n"
        f"Version: 1\r\nOriginal-Mail-From: <{came_from}>\r\nOriginal-Rcpt-To: <{recipient}>\r\n",
        f"Content-Type: message/rfc822\r\n\r\nMessage-ID: {message_id}\r\nSubject: Hello\r\n\r\nWords\r\n",
    )


def nested(depth: int) -> bytes:
    """Return a mail of so many parts within parts: no parser that calls itself gets to the end of it."""
    parts = (f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(depth))
    return ("".join(parts) + "Content-Type: text/plain\r\n\r\nWords\r\n").encode()


def out_of_office(*, to: str) -> bytes:
    """Return what an answering machine sends to where letters come from."""
    return (
        f"From: sam@example.test\r\nTo: {to}\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n"
        "Content-Type: text/plain\r\n\r\nI am away: 550 5.1.1 is a number that I like.\r\n"
    ).encode()


def _report(to: str, kind: str, report: str, quoted: str) -> bytes:
    parts = ["Content-Type: text/plain\r\n\r\nThis is what became of your mail.\r\n", report, quoted]
    body = "".join(f"--cut\r\n{part}\r\n" for part in parts)
    return (
        f"From: MAILER-DAEMON@mail.test\r\nTo: {to}\r\nSubject: Report\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="cut"\r\n\r\n{body}--cut--\r\n'
    ).encode()
