"""Plays a provider of JSON pages with `hashRecords`, `nextPageToken` and `hasMoreRecords`."""

import json
from typing import NamedTuple

from tests.list_servers.server import Answer, Asked


class HashRecord(NamedTuple):
    at: int
    value: str
    status: str = "Active"
    kind: str = "ImagePDQ"


class ThreatExchangeProvider:
    """Answers under `/v1/FetchHashes`; tokens are good for the question they were given for."""

    def __init__(self) -> None:
        self.records: list[HashRecord] = []
        self.forgotten = False
        """Tokens are not known any more."""

    def answer(self, asked: Asked) -> Answer:
        if asked.path != "/v1/FetchHashes":
            return Answer(404)
        since, size = int(asked.query["startTimestamp"]), int(asked.query["pageSize"])
        token = asked.query.get("nextPageToken")
        start = 0
        if token is not None:
            question, _, place = token.rpartition("+/=")
            if self.forgotten or question != str(since):
                return Answer(400)
            start = int(place)
        found = [each for each in self.records if each.at >= since]
        some, more = found[start : start + size], start + size < len(found)
        body = {
            "count": len(some),
            "nextSetTimestamp": max((each.at for each in found), default=since),
            "nextPageToken": f"{since}+/={start + size}",
            "hasMoreRecords": more,
            "hashRecords": [
                {
                    "lastModtimestamp": each.at,
                    "signalType": each.kind,
                    "hashValue": each.value,
                    "hashStatus": each.status,
                    "caseNumbers": {},
                }
                for each in some
            ],
        }
        return Answer(200, json.dumps(body).encode(), {"Content-Type": "application/json"})
