//! Fetching what certificates name, by HTTP(S) and LDAP, with limits and a cache.
