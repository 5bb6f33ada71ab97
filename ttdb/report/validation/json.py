"""A validation's report for a program, as ``ttdb.validate/1``; keys may be added to it."""

import json
from typing import Any

from ttdb.model.validation import Finding, Pool, ValidationReport
from ttdb.report.validation.group import counts_of, reached

SCHEMA = "ttdb.validate/1"


def as_json(report: ValidationReport) -> str:
    """Return the report as JSON, in ASCII."""
    target = report.target
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "verdict": str(report.verdict),
        "threat_model": report.threat_model,
        "fail_on": str(report.fail_on),
        "target": {
            "kind": target.kind,
            "server_version": target.server_version,
            "database": target.database,
            "app_roles": list(target.app_roles),
            "masked_roles": list(target.masked_roles),
            "cross_tenant_roles": list(target.cross_tenant_roles),
            "tenant_setting": target.tenant_setting,
            "tenant_column": target.tenant_column,
            "trails": list(target.trails),
            "revision": target.revision,
        },
        "counts": counts_of(report),
        "findings": [_finding(each) for each in report.findings],
        "known": [_finding(each) for each in report.known],
        "fixed": [
            {"key": each.key, "code": each.code, "object": each.object, "severity": str(each.severity)}
            for each in report.fixed
        ],
        "unproven": [{"object": each.object, "why": each.why} for each in report.unproven],
        "sequences_moved": [
            {"sequence": each.name, "before": each.before, "after": each.after} for each in report.sequences
        ],
        "pool": None if report.pool is None else _pool(report.pool),
        "cell_counts": reached(report),
        "cells": [
            {
                "role": each.role,
                "object": each.object,
                "action": str(each.action),
                "reach": str(each.reach),
                **({"why": each.why} if each.why else {}),
            }
            for each in report.cells
        ],
        "longest_hold_ms": round(report.longest_hold_ms, 1),
        "duration_s": round(report.duration_s, 2),
        "timings": [{"part": each.part, "seconds": round(each.seconds, 3)} for each in report.timings],
    }
    return json.dumps(document, indent=2)


def _pool(pool: Pool) -> dict[str, object]:
    return {
        "place": pool.place,
        "product": pool.product,
        "database": pool.database,
        "login": pool.login,
        "mode": None if pool.mode is None else str(pool.mode),
        "hands_on": pool.hands_on,
        "prepares": pool.prepares,
        "left": list(pool.left),
        "scope": str(pool.scope),
        "scope_known_by": pool.scope_known_by,
    }


def _finding(finding: Finding) -> dict[str, str | None]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": str(finding.severity),
        "object": finding.object,
        "role": finding.role,
        "cause": finding.cause,
        "detail": finding.detail,
        "evidence": finding.evidence,
        "fix": finding.fix,
        "key": finding.key,
    }
