#!/bin/sh
# Makes .env from .env.example with a random secret for every name that has no value there.
# Never changes an .env that exists. Needs nothing but a shell and coreutils.
set -eu
cd "$(dirname "$0")/.."
if [ -e .env ]; then
    echo ".env exists already and is left as it is" >&2
    exit 1
fi
umask 077
draft=$(mktemp ./.env.XXXXXX)
trap 'rm -f "$draft"' EXIT
while IFS= read -r line; do
    case $line in
    AIRFLOW_JWT_SECRET=) # 64 characters, as SHA-512 wants
        printf '%s%s\n' "$line" "$(head -c 48 /dev/urandom | base64 | tr '+/' '-_')" ;;
    [A-Z]*=) # 32 random bytes, URL-safe, which is what a Fernet key must be and URLs can hold
        printf '%s%s\n' "$line" "$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')" ;;
    *) printf '%s\n' "$line" ;;
    esac
done <.env.example >"$draft"
ln "$draft" .env
echo ".env is made; keep a copy of it in a safe place, apart from this machine"
