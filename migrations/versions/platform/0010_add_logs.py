"""Add the services' own logs, by month."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INET, JSONB

from ttdb.migrate.arrival import arrival
from ttdb.migrate.columns import (
    TEXT,
    TIME,
    created_at,
    finite,
    metadata,
    monthly_keys,
    one_of,
    optional,
    required,
    rule,
    same_tenant,
    server_id,
    standing,
    tenant_id,
    text_of,
)
from ttdb.migrate.steps import (
    audited,
    beside_writers,
    determined_tenant,
    expanded,
    masked_columns,
    monthly_index,
    months_once_contracted,
    partitioned_by_month,
    protected,
    table,
    upgrade_and_downgrade,
)

revision = "platform_0010"
down_revision = "platform_0009"
branch_labels = None
depends_on = None

PUBLIC = metadata()
standing("tenants users", PUBLIC)
TENANTS = "public.tenants"

audit_logs = sa.Table(
    "audit_logs",
    PUBLIC,
    server_id(),
    tenant_id(),
    optional("user_id", sa.UUID(), "who did it; empty for the system"),
    required("action", TEXT, "what was done, as the service names it: order.cancel"),
    optional("resource_type", TEXT, "the kind of thing it was done to"),
    optional("resource_id", sa.UUID(), "which one"),
    required("status", TEXT, "SUCCESS or FAILURE", default="'SUCCESS'"),
    optional("error_message", TEXT, "why it failed"),
    optional("ip_address", INET(), "where the request came from; personal"),
    optional("user_agent", TEXT, "what the browser called itself; personal"),
    required("metadata", JSONB(), "the services' own notes", default="'{}'"),
    created_at(),
    *monthly_keys(TENANTS, "created_at"),
    same_tenant("user_id", "public.users", "there is no such user, or the account is still in use"),
    rule("audit_logs_created_at_must_be_finite", finite("created_at"), "the entry's time is infinite"),
    rule(
        "audit_logs_action_must_be_1_to_100_characters",
        text_of("action", 100),
        "the action is empty or longer than 100 characters",
    ),
    rule(
        "audit_logs_resource_type_must_be_1_to_100_characters",
        text_of("resource_type", 100),
        "the resource's type is blank or longer than 100 characters",
    ),
    rule(
        "audit_logs_user_agent_must_not_be_too_long",
        "length(user_agent) <= 1000",
        "the browser's name is longer than 1000 characters",
    ),
    rule("audit_logs_metadata_must_be_an_object", "jsonb_typeof(metadata) = 'object'", "the notes are not an object"),
    rule(
        "audit_logs_failure_must_say_why",
        "(status = 'FAILURE') = (error_message is not null)",
        "a failure needs its reason, and a success has none",
    ),
    rule("audit_logs_status_must_be_known", one_of("status", "SUCCESS FAILURE"), "the status is unknown"),
    rule(
        "audit_logs_resource_must_say_its_type",
        "resource_id is null or resource_type is not null",
        "a resource needs its type",
    ),
    comment="what the services say was done; append-only for them, and not the audit trail",
    postgresql_partition_by="RANGE (created_at)",
)

event_logs = sa.Table(
    "event_logs",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("timestamp", TIME, "when it happened", default="now()"),
    required("service", TEXT, "which service says so"),
    required("event_type", TEXT, "what happened: order.confirmed"),
    optional("aggregate_type", TEXT, "the kind of thing it happened to"),
    optional("aggregate_id", sa.UUID(), "which one"),
    optional("correlation_id", sa.UUID(), "what ties it to other events of one request"),
    required("payload", JSONB(), "the event itself: identifiers and figures, nothing personal", default="'{}'"),
    *monthly_keys(TENANTS, "timestamp"),
    rule("event_logs_timestamp_must_be_finite", finite("timestamp"), "the entry's time is infinite"),
    rule(
        "event_logs_service_must_be_1_to_100_characters",
        text_of("service", 100),
        "the service is empty or longer than 100 characters",
    ),
    rule(
        "event_logs_event_type_must_be_1_to_100_characters",
        text_of("event_type", 100),
        "the event type is empty or longer than 100 characters",
    ),
    rule(
        "event_logs_aggregate_type_must_be_1_to_100_characters",
        text_of("aggregate_type", 100),
        "the aggregate's type is blank or longer than 100 characters",
    ),
    rule("event_logs_payload_must_be_an_object", "jsonb_typeof(payload) = 'object'", "the payload is not an object"),
    rule(
        "event_logs_aggregate_must_say_its_type",
        "aggregate_id is null or aggregate_type is not null",
        "an aggregate needs its type",
    ),
    comment="what happened in the services; append-only for them",
    postgresql_partition_by="RANGE (timestamp)",
)

# An index's comment opens with the queries of sql/queries.toml that it serves, or the foreign key it is for.
STEPS = [
    *expanded(audit_logs, arrival("audit_logs")),
    *beside_writers(
        monthly_index(
            "audit_logs_created_at_idx",
            "public.audit_logs",
            "(tenant_id, created_at)",
            comment="audit-logs-newest: what was done of late",
        ),
        monthly_index(
            "audit_logs_action_idx",
            "public.audit_logs",
            "(tenant_id, action, created_at)",
            comment="audit-logs-of-action: how one thing was done, latest first",
        ),
        monthly_index(
            "audit_logs_user_id_idx",
            "public.audit_logs",
            "(tenant_id, user_id, created_at desc)",
            comment="audit-logs-of-user: what somebody did, latest first; the foreign key to users",
        ),
        monthly_index(
            "audit_logs_resource_idx",
            "public.audit_logs",
            "(tenant_id, resource_type, resource_id, created_at)",
            where="resource_id is not null",
            comment="audit-logs-of-resource: what was done to one thing, latest first",
        ),
    ),
    determined_tenant("public.audit_logs", "user_id"),
    protected("public.audit_logs", app="select, insert"),
    audited("public.audit_logs"),
    *months_once_contracted("public.audit_logs", "created_at", retention="7 years"),
    masked_columns(
        "public.audit_logs",
        error_message="redacted",
        ip_address="ip",
        user_agent="redacted",
        id="plain",
        tenant_id="plain",
        user_id="plain",
        action="plain",
        resource_type="plain",
        resource_id="plain",
        status="plain",
        created_at="plain",
    ),
    table(event_logs),
    monthly_index(
        "event_logs_event_type_idx",
        "public.event_logs",
        '(tenant_id, event_type, "timestamp")',
        comment="event-logs-of-type: how often one thing happened, latest first",
    ),
    monthly_index(
        "event_logs_aggregate_idx",
        "public.event_logs",
        '(tenant_id, aggregate_type, aggregate_id, "timestamp")',
        where="aggregate_id is not null",
        comment="event-logs-of-aggregate: the history of one thing, latest first",
    ),
    monthly_index(
        "event_logs_correlation_id_idx",
        "public.event_logs",
        "(tenant_id, correlation_id)",
        where="correlation_id is not null",
        comment="event-logs-of-request: all that one request made happen",
    ),
    protected("public.event_logs", app="select, insert", worker="select"),
    # For finding faults, and for comparing a month with the same one a year before.
    partitioned_by_month("public.event_logs", retention="13 months"),
    masked_columns(
        "public.event_logs",
        id="plain",
        tenant_id="plain",
        timestamp="plain",
        service="plain",
        event_type="plain",
        aggregate_type="plain",
        aggregate_id="plain",
        correlation_id="plain",
    ),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
