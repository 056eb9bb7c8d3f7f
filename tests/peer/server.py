#!/usr/bin/env python3
"""A second implementation of the API, written from the contract alone: in memory, for one machine, Python 3.11.

`check` must find nothing wrong with it, and something with each of its defects (`--defect list` shows them). The first line on
stdout is `listening on http://ADDRESS:PORT`.
"""

import argparse
import asyncio

import defects
from late import LateDomain, LateService
from service import Service
from wire import HEAD_LIMIT, Wire


async def serve(port, service, refused):
    server = await asyncio.start_server(Wire(service, refused).serve, "127.0.0.1", port, limit=HEAD_LIMIT)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--port", type=int, default=0, help="port of this machine; 0 picks a free one")
    parser.add_argument("--defect", help="be wrong in one way; `list` shows the ways there are")
    parser.add_argument("--late", nargs=2, type=float, metavar=("LEAST", "MOST"),
                        help="an object shows so many milliseconds after the answer to it")
    parser.add_argument("--refused", type=float, default=0.0, metavar="PERCENT", help="share of requests answered with 429")
    arguments = parser.parse_args()
    if arguments.defect == "list":
        for name, (difficulty, rules, _) in defects.DEFECTS.items():
            print(name, difficulty, *rules)
        raise SystemExit
    if arguments.defect:
        defects.DEFECTS[arguments.defect][2]()
    if arguments.late:
        LateDomain.delays = tuple(ms / 1000 for ms in arguments.late)
    service = LateService() if arguments.late else Service()
    try:
        asyncio.run(serve(arguments.port, service, arguments.refused / 100))
    except KeyboardInterrupt:
        pass
