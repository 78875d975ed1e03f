# What the tests need is installed into .tools/, which git ignores; each part has a stamp file that
# is as old as its installation. PARRY_CORPUS, where it is set, names a folder of recorded events and
# patterns for more tests; make hands it on as it is.

PYTHON      ?= python3
STATICCHECK := v0.8.2
# The newest that builds with the Go of go.mod; it brings nfpm, which makes packages.
GORELEASER  := v2.15.1
TESTFLAGS   ?=
RACE_PKGS   ?= ./internal/sqlite/... ./internal/awsapi/... ./internal/serve/... ./internal/spool/... ./internal/signin/...
FUZZTIME    ?= 10s

TOOLS  := $(CURDIR)/.tools
# A staticcheck built by an older Go cannot read what a newer one compiles.
LINTER := .tools/bin/.stamp-staticcheck-$(STATICCHECK)-$(shell go env GOVERSION)

export PARRY_TOOLS := $(TOOLS)

.PHONY: build test race soak fuzz bench vet staticcheck docs site man release-check tools clean-tools

build:
	CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o bin/parry ./cmd/parry

test: tools
	go test -timeout 40m $(TESTFLAGS) ./...

# The race detector is C; the program itself needs none.
race: tools
	CGO_ENABLED=1 go test -race $(TESTFLAGS) $(RACE_PKGS)
	CGO_ENABLED=1 go test -race $(TESTFLAGS) -run 'Index|MarkBlocks' ./internal/pattern
	CGO_ENABLED=1 go test -race $(TESTFLAGS) -skip TestInABrowser ./internal/console

# What takes too long for every day.
soak: tools
	PARRY_KILLS=300 go test $(TESTFLAGS) -timeout 1h -run TestTheServerIsKilled -v ./cmd/parry
	PARRY_SOAK=1 go test $(TESTFLAGS) -timeout 3h -run TestACrashIsResumed ./playbooks
	PARRY_SOAK=1 go test $(TESTFLAGS) -timeout 3h -run 'TestContractOnDynamoDBLocal' -v ./internal/dynamo
	PARRY_STORM=50000 go run ./internal/bench storming
	PARRY_SCALE=30 go run ./internal/bench scaling

# Each fuzz target for a short while, one after the other.
fuzz:
	@set -e; grep -rl --include='*_test.go' --exclude-dir='.?*' '^func Fuzz' . | while read -r file; do \
		for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file"); do \
			echo "== $$(dirname "$$file") $$name"; \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" </dev/null; \
		done; \
	done

bench: tools
	sh scripts/bench.sh

vet:
	go vet ./...

staticcheck: $(LINTER)
	.tools/bin/staticcheck ./...

# The documentation that describes code is made from it.
docs:
	go run ./internal/gendocs
	go run ./cmd/parry man --markdown docs/cli

# The documentation as a site, in site/. A warning, such as a link that leads nowhere, is an error.
site: .tools/site/.stamp
	rm -rf site
	.tools/site/bin/sphinx-build -W --keep-going -n -q -j auto -b html -d bundle/doctrees docs site

# A manual page for each command, in man/.
man:
	go run ./cmd/parry man man

# A release is tried: see docs/release.md. It takes minutes, so it is no part of test.
release-check: .tools/bin/.stamp-goreleaser-$(GORELEASER)
	sh scripts/release-check.sh .tools/bin/goreleaser

.tools/bin/.stamp-goreleaser-$(GORELEASER):
	GOBIN=$(TOOLS)/bin go install github.com/goreleaser/goreleaser/v2@$(GORELEASER)
	rm -f .tools/bin/.stamp-goreleaser-*
	touch $@

tools: .tools/moto/.stamp .tools/judge/.stamp .tools/judge/judge.mjs .tools/oidc/.stamp .tools/oidc/provider.mjs .tools/policy/.stamp .tools/policy/check.py .tools/cfn/.stamp .tools/ministack/.stamp .tools/schemathesis/.stamp .tools/ocsf/.stamp .tools/ocsf/validate.py .tools/parquet/.stamp .tools/parquet/read.py .tools/ruler/.stamp .tools/dynamodb/.stamp .tools/browser/.stamp .tools/browser/console.mjs .tools/site/.stamp $(LINTER)

# An emulator of AWS, in a venv of its own: see internal/moto.
.tools/moto/.stamp: test/requirements.txt
	rm -rf .tools/moto
	$(PYTHON) -m venv .tools/moto
	.tools/moto/bin/python -m pip install --quiet --disable-pip-version-check -r test/requirements.txt
	touch $@

# An evaluator of IAM policies: see internal/judge.
.tools/judge/.stamp: test/judge/package.json test/judge/package-lock.json
	mkdir -p .tools/judge
	cp test/judge/package.json test/judge/package-lock.json .tools/judge/
	cd .tools/judge && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

# It stands beside node_modules, where node looks for what it imports.
.tools/judge/judge.mjs: test/judge/judge.mjs .tools/judge/.stamp
	cp test/judge/judge.mjs $@

# An OpenID provider to sign in with: see internal/oidctest.
.tools/oidc/.stamp: test/oidc/package.json test/oidc/package-lock.json
	rm -rf .tools/oidc
	mkdir -p .tools/oidc
	cp test/oidc/package.json test/oidc/package-lock.json .tools/oidc/
	cd .tools/oidc && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

.tools/oidc/provider.mjs: test/oidc/provider.mjs .tools/oidc/.stamp
	cp test/oidc/provider.mjs $@

# Two more lists of AWS's actions to hold policies against, in a venv of their own: see internal/judge.
.tools/policy/.stamp: test/policy/requirements.txt
	rm -rf .tools/policy
	$(PYTHON) -m venv .tools/policy
	.tools/policy/bin/python -m pip install --quiet --disable-pip-version-check -r test/policy/requirements.txt
	touch $@

.tools/policy/check.py: test/policy/check.py .tools/policy/.stamp
	cp test/policy/check.py $@

# What looks at CloudFormation templates, in a venv of its own: see internal/cfnlint.
.tools/cfn/.stamp: test/cfn/requirements.txt
	rm -rf .tools/cfn
	$(PYTHON) -m venv .tools/cfn
	.tools/cfn/bin/python -m pip install --quiet --disable-pip-version-check -r test/cfn/requirements.txt
	touch $@

# An emulator of what a deployment stands on, in a venv of its own: see internal/ministack.
.tools/ministack/.stamp: test/ministack/requirements.txt
	rm -rf .tools/ministack
	$(PYTHON) -m venv .tools/ministack
	.tools/ministack/bin/python -m pip install --quiet --disable-pip-version-check -r test/ministack/requirements.txt
	touch $@

# What holds the API against its document, in a venv of its own: see internal/schemathesis.
.tools/schemathesis/.stamp: test/api/requirements.txt
	rm -rf .tools/schemathesis
	$(PYTHON) -m venv .tools/schemathesis
	.tools/schemathesis/bin/python -m pip install --quiet --disable-pip-version-check -r test/api/requirements.txt
	touch $@

# Judges of OCSF, in a venv of their own: see internal/ocsfcheck.
.tools/ocsf/.stamp: test/ocsf/requirements.txt
	rm -rf .tools/ocsf
	$(PYTHON) -m venv .tools/ocsf
	.tools/ocsf/bin/python -m pip install --quiet --disable-pip-version-check -r test/ocsf/requirements.txt
	touch $@

.tools/ocsf/validate.py: test/ocsf/validate.py .tools/ocsf/.stamp
	cp test/ocsf/validate.py $@

# A reader of Parquet, in a venv of its own: see internal/parquetcheck.
.tools/parquet/.stamp: test/parquet/requirements.txt
	rm -rf .tools/parquet
	$(PYTHON) -m venv .tools/parquet
	.tools/parquet/bin/python -m pip install --quiet --disable-pip-version-check -r test/parquet/requirements.txt
	touch $@

.tools/parquet/read.py: test/parquet/read.py .tools/parquet/.stamp
	cp test/parquet/read.py $@

# What makes the site of the documentation, in a venv of its own: see docs/conf.py and test/site.
.tools/site/.stamp: test/site/requirements.txt
	rm -rf .tools/site
	$(PYTHON) -m venv .tools/site
	.tools/site/bin/python -m pip install --quiet --disable-pip-version-check -r test/site/requirements.txt
	touch $@

# The matcher of event patterns that AWS publishes: see internal/pattern. Without Java its tests are
# skipped, and no stamp is left.
.tools/ruler/.stamp: test/ruler/pom.xml test/ruler/src/main/java/Main.java
	rm -rf .tools/ruler
	@if command -v mvn >/dev/null && command -v javac >/dev/null; then \
		mkdir -p .tools/ruler && cp -R test/ruler/pom.xml test/ruler/src .tools/ruler/ && \
		(cd .tools/ruler && mvn --quiet --batch-mode -Dstyle.color=never compiler:compile dependency:copy-dependencies) && \
		touch $@; \
	else \
		echo 'no mvn or no javac here: the comparison with Event Ruler is skipped'; \
	fi

# DynamoDB Local, Amazon's own emulator: see internal/dynamotest. Without Java its tests are skipped,
# and no stamp is left.
.tools/dynamodb/.stamp: test/dynamodb/pom.xml
	rm -rf .tools/dynamodb
	@if command -v mvn >/dev/null && command -v java >/dev/null; then \
		mkdir -p .tools/dynamodb && cp test/dynamodb/pom.xml .tools/dynamodb/ && \
		(cd .tools/dynamodb && mvn --quiet --batch-mode -Dstyle.color=never dependency:copy-dependencies -DincludeScope=runtime) && \
		touch $@; \
	else \
		echo 'no mvn or no java here: the store on DynamoDB is tested on moto only'; \
	fi

# The driver of a browser, and what looks at whether everybody can use a page: see internal/console. The browser
# itself is the system's: without chromium these tests are skipped.
.tools/browser/.stamp: test/browser/package.json test/browser/package-lock.json
	mkdir -p .tools/browser
	cp test/browser/package.json test/browser/package-lock.json .tools/browser/
	cd .tools/browser && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

.tools/browser/console.mjs: test/browser/console.mjs .tools/browser/.stamp
	cp test/browser/console.mjs $@

$(LINTER):
	GOBIN=$(TOOLS)/bin go install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK)
	rm -f .tools/bin/.stamp-staticcheck-*
	touch $@

clean-tools:
	rm -rf .tools
