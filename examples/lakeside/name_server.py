"""A small name server for the sample district's mail domain: SPF is in order, DMARC only counts forged mail."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

DOMAIN = "lakeside.example"
RECORDS = {
    (f"{DOMAIN}.", "MX"): "10 mail.lakeside.example.",
    (f"{DOMAIN}.", "TXT"): '"v=spf1 mx -all"',
    (f"_dmarc.{DOMAIN}.", "TXT"): '"v=DMARC1; p=none; rua=mailto:dmarc@lakeside.example"',
    (f"mail.{DOMAIN}.", "A"): "192.0.2.25",
}


class _Answers(socketserver.DatagramRequestHandler):
    def handle(self) -> None:
        question = dns.message.from_wire(self.rfile.read())
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.AA
        asked = question.question[0]
        name, kind = asked.name.to_text().lower(), dns.rdatatype.to_text(asked.rdtype)
        if (name, kind) in RECORDS:
            answer.answer.append(dns.rrset.from_text(asked.name, 300, "IN", kind, RECORDS[name, kind]))
        elif not any(known == name for known, _ in RECORDS):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self.wfile.write(answer.to_wire())


@contextmanager
def serve_names() -> Iterator[str]:
    """Answer on a free port of 127.0.0.1 until the block ends; yields address:port."""
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="name-server")
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
