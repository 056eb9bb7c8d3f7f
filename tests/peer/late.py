"""The same service, slow to show what it was told: an object is there a while after the answer to it (contract 3.23)."""

import random
import time
from collections import deque

from service import Service
from state import Domain

READS = ("Get", "List", "Search")


class LateDomain(Domain):
    delays = (0.0, 0.0)

    def __init__(self, name):
        super().__init__(name)
        self.waiting = deque()

    def ingest(self, *what):
        """Puts an object off; those of a domain keep their order."""
        due = time.monotonic() + random.uniform(*self.delays)
        self.waiting.append((max(due, self.waiting[-1][0]) if self.waiting else due, what))

    def settle(self, everything):
        while self.waiting and (everything or self.waiting[0][0] <= time.monotonic()):
            super().ingest(*self.waiting.popleft()[1])


class LateService(Service):
    new_domain = LateDomain

    def call(self, call):
        domain = self.domains.get(call.labels.get("DomainName"))
        if domain:
            # Whatever else writes waits for the objects before it.
            domain.settle(everything=call.operation != "PutProfileObject" and not call.operation.startswith(READS))
        return super().call(call)
