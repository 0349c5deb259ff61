"""The `run` schema of a work file: what a run is, what it read, what it did."""

import duckdb

SCHEMA = """
create schema if not exists run;
create schema if not exists input;
create schema if not exists touched;
create table if not exists run.parameters (
    as_of date, as_of_end timestamptz, run_id varchar
);
create table if not exists run.batches (
    batch_id varchar, source varchar, entity varchar, domain varchar, window_label varchar,
    as_of date, extracted_at timestamptz, path varchar, rejected_path varchar,
    accepted bigint, rejected bigint, min_date date, max_date date, amount decimal(38, 4)
);
create table if not exists run.attempts (
    attempt bigint, run_id varchar, as_of date, status varchar
);
create table if not exists run.attempt_dates (attempt bigint, entity varchar, business_date date);
create table if not exists run.attempt_models (attempt bigint, model varchar);
create table if not exists run.built_from (batch_id varchar, entity varchar, path varchar);
create table if not exists run.touched_dates (entity varchar, business_date date);
create table if not exists run.touched_batches (entity varchar, batch_id varchar);
create table if not exists run.indexed (
    batch_no integer, batch_id varchar, entity varchar, rule varchar
);
create table if not exists run.model_fingerprints (model varchar, fingerprint varchar);
create table if not exists run.verified (
    path varchar, bytes bigint, modified_ns bigint, sha256 varchar
);
create table if not exists run.models (
    schema_name varchar, model varchar, description varchar, requires varchar[],
    inputs varchar[], column_requires map(varchar, varchar[]),
    column_about map(varchar, varchar)
);
create table if not exists run.model_runs (
    schema_name varchar, model varchar, status varchar, seconds double, rows_affected bigint,
    message varchar
);
"""
"""`built_from` is the batch set of the last success; `attempt_*` what unfinished runs may have
changed since; `indexed` are the batches whose keys the tables `run.keys_<entity>` hold; `verified`
spares hashing a file again that did not change on disk."""


def create_run_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing of the `run` and `input` schemas."""
    con.execute(SCHEMA)
