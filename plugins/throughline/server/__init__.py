"""What the services of `docker-compose.yml` do beside Airflow: first start, health, demo data."""
