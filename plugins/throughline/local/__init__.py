"""The stack on one machine: embedded PostgreSQL and Airflow, everything below the home folder."""
