# The tools are pinned in a module file of their own, so that go.mod stays the product's.
tool := go tool -modfile=.ci/tools/go.mod

.DEFAULT_GOAL := help
.PHONY: help run test browser world soak torture bench explain lint fmt generate clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The program takes the shell's place, so that Ctrl-C reaches it once and its exit code is make's.
run: ## run everything here: database, JazzHR simulator, backend stand-in, service
	@echo 'Building: the first time takes a minute or more.' >&2
	@go build -o bin/jazzhr-worker ./cmd/jazzhr-worker && exec bin/jazzhr-worker dev

# One throwaway server for the tests of all packages; DATABASE_URL, if set, is used instead. Most tests wait rather than
# work, so more of them run at once than there are cores.
test: ## run all tests, in random order; ARGS="-race" adds flags
	@go build -o bin/withpg ./db/dbtest/withpg && exec bin/withpg go test -shuffle=on -parallel 16 $(ARGS) ./...

# The pages in a real Chromium, which has to be there; axe-core, which looks them over, comes from npm.
browser: ## run the tests of the console in a browser, and take pictures into screenshots/; ARGS="-run X" chooses
	@[ -e .ci/tools/npm/node_modules/axe-core ] || npm ci --prefix .ci/tools/npm --ignore-scripts --no-audit --no-fund
	@go build -o bin/withpg ./db/dbtest/withpg && exec bin/withpg go test -tags browser -parallel 4 -run '^TestBrowser' $(ARGS) ./web/console

world: ## break the ledger in 500 seeded ways and look for doubles and losses; ARGS="-world.seed=7" replays one
	@go build -o bin/withpg ./db/dbtest/withpg && exec bin/withpg go test ./jobs -run '^TestWorld$$' -count=1 -timeout 0 -v \
		-world.seeds=500 $(ARGS)

# Run from its folder and not by `go test`, which would take Ctrl-C for itself.
soak: ## run in full what CI runs in short: worlds, mutations, histories, a week; in about 20 minutes on two cores
	@go build -o bin/withpg ./db/dbtest/withpg && \
		bin/withpg go test ./jobs -run '^TestWorld$$' -count=1 -timeout 0 -v -world.seeds=500 -world.parallel=8 && \
		bin/withpg go test ./jobs -run '^TestWorldFindsMutations$$' -count=1 -timeout 0 -v -world.mutations -world.seeds=500 && \
		bin/withpg go test ./jobs/mirror -run '^TestEveryHistoryIsPolled$$' -count=1 -timeout 0 -poll.histories=2000 && \
		bin/withpg go test ./jobs -run '^TestWeek$$' -count=1 -timeout 0 -v -week.tenants=200

torture: ## kill and stop processes until Ctrl-C, and count doubles and losses; ARGS="-torture.writebacks=10000" ends by itself
	@go test -c -o bin/torture ./cmd/jazzhr-worker && cd cmd/jazzhr-worker && exec ../../bin/torture \
		-test.run '^TestTorture$$' -test.timeout 0 -torture.writebacks=0 -torture.tenants=40 $(ARGS)

bench: ## measure the service beside a baseline, in about 15 minutes; ARGS="--only=webhooks" measures one thing
	@go build -o bin/ ./cmd/jazzhr-worker ./bench && exec bin/bench $(ARGS)

explain: ## have every query explained on 10 million ledger rows, in about 20 minutes; ARGS="--effects=300000 --tenants=2000" is quick
	@go build -o bin/ ./cmd/jazzhr-worker ./bench && exec bin/bench explain $(ARGS)

lint: ## check the code with golangci-lint
	@$(tool) golangci-lint run

fmt: ## format the code as lint wants it
	@$(tool) golangci-lint fmt

generate: ## generate db/gen from sql/
	@$(tool) sqlc generate

# The local database may lie elsewhere if root runs it (see db/localpg).
clean: ## remove what was built, and the local database
	@if [ -L .data/postgres/elsewhere ]; then rm -rf "$$(readlink .data/postgres/elsewhere)"; fi
	@rm -rf bin .data
