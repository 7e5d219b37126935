# `make help` lists the targets. The work is in scripts/, which can be run without make.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test judges certs bench fmt lint deny

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: ## the journey on an emulated card, then reading it through the real smart card service
	@scripts/install build reader
	@scripts/demo

test: ## formatting, lints, features, documentation, every test (real pcscd, openssl, OpenSC)
	@scripts/install build reader judges
	@CPSKIT_REQUIRE_PCSCD=1 scripts/test

judges: ## the heavier checks: a browser, benchmarks run once, yardsticks against openssl, ring, rustls-webpki
	@scripts/install build judges browser
	@scripts/judges

certs: ## remakes the test PKI in certs-test/
	@scripts/install build
	CPSKIT_REMAKE=1 cargo test --locked --test certs

bench: ## benchmarks in a release build
	@scripts/install build judges
	cargo bench --locked --bench parsers
	cargo bench --locked --bench door
	cargo bench --locked --bench door_tls
	cargo bench --locked --bench tls
	cargo bench --locked --bench orders
	benches/start-to-identifier
	benches/yardsticks.sh

fmt: ## formats the code
	cargo fmt

lint: ## formatting and lints only
	@scripts/install build
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

deny: ## bans, licences, sources, advisories of all dependencies (installs cargo-deny)
	@scripts/deny
