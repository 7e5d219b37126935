#!/bin/sh
# Makes the RSA keys that are missing from certs-test, and nothing else: a key that exists is kept, because
# every committed certificate depends on it. To replace a key, delete its file first, then `make certs`.
#
# An empty certificate is put beside each new card key, so that the crate, which embeds the certificates,
# compiles before `make certs` has written them.
set -eu
cd "$(dirname "$0")"

# new_key FILE BITS: a PKCS#8 PEM file under its warning line.
new_key() {
    [ -e "$1" ] && return
    pem=$(openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" 2>/dev/null)
    printf '%s\n%s\n' 'PUBLIC ON PURPOSE — cpskit test key, protects nothing' "$pem" >"$1"
    echo "new key: certs-test/$1 ($2 bits)"
}

mkdir -p keys igc/prod igc/test legacy lists

# The authorities: IGC-Santé gives all of them 4096 bits.
for authority in ACR-EL ACR-ST ACR-FO ACI-EL-PP ACI-EL-ORG ACI-ST-PP ACI-ST-ORG ACI-FO-PP ACI-FO-ORG; do
    for world in '' -TEST; do
        new_key "keys/$authority$world.pem" 4096
        folder=prod
        [ -z "$world" ] || folder=test
        [ -e "igc/$folder/$authority$world.der" ] || : >"igc/$folder/$authority$world.der"
    done
done

# The key that signs lists only, under the name of one of them.
new_key keys/ACI-EL-ORG-TEST-lists.pem 4096

# The look-alikes of the PKIs before IGC-Santé, in the sizes of their time.
for name in 2bis-root 2bis-root-lists; do
    new_key "keys/$name.pem" 2047
done
for name in 2ter-root 2ter-root-lists 2ter-classe-1 2ter-classe-1-lists; do
    new_key "keys/$name.pem" 2048
done
for name in 2bis-classe-4 2bis-server 2ter-card; do
    new_key "keys/$name.pem" 1024
done

# Cards of personas that are not ours, and the software products of profile.toml.
for name in persona-signature persona-authentication \
    org-auth-cli org-sign org-conf serv-ssl ps-auth ps-sign; do
    new_key "keys/$name.pem" 2048
done

# The personas: two keys on a contact card, one on a contactless card.
for persona in cards/*/persona.toml; do
    folder=$(dirname "$persona")
    if grep -q '^interface *= *"contactless"' "$persona"; then
        uses=technical
    else
        uses='signature authentication'
    fi
    for use in $uses; do
        new_key "$folder/$use.key.pem" 2048
        [ -e "$folder/$use.der" ] || : >"$folder/$use.der"
    done
done
