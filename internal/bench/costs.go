package main

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed prices.tsv
var prices string

// counted are the units that one response takes, as counted by countUnits with the functions, the state machine and DynamoDB Local.
// TestUnitsAreAsCounted counts them again.
func counted() map[string]units {
	return map[string]units{
		byItself: {WriteUnits: 107, ReadUnits: 23, StoreCalls: 36, AWSCalls: 11, Invocations: 1, Transitions: 0},
		afterYes: {WriteUnits: 145, ReadUnits: 51, StoreCalls: 70, AWSCalls: 14, Invocations: 8, Transitions: 12},
		toldOnly: {WriteUnits: 20, ReadUnits: 7, StoreCalls: 14, AWSCalls: 3, Invocations: 1, Transitions: 0},
	}
}

// What is assumed, as nothing of it can be counted without AWS.
const (
	storeMillis    = 5    // of a call of the store
	awsMillis      = 100  // of a call of AWS that plans, changes or verifies
	fixedMillis    = 50   // of an invocation beside its calls
	functionGB     = 1.0  // hub.go: MemorySize 1024
	logKB          = 4    // of a response, in the functions' logs
	storedKB       = 30   // of a response with its records and entries
	pollers        = 5    // that wait at an idle queue: what a mapping begins with (page "Configuring scaling behavior for SQS event source mappings")
	pollSeconds    = 20   // that each waits: the longest that SQS lets one wait (page "Amazon SQS standard queue quotas")
	tickMillis     = 1000 // of the clock when nothing is due
	tickReads      = 60   // read units of it: eight shards of each of three lists, the log and the words
	ticks          = 12 * 24 * 30
	signs          = ticks // at most: the clock signs only what is new
	keysOfHub      = 2     // audit.go: the one that signs, and the one that the trail and the bucket use
	alarms         = 8     // watching.go
	secondsOfMonth = 30 * 24 * 3600
)

// priceOf is what one of something costs.
func priceOf(name string) (float64, error) {
	for line := range strings.SplitSeq(prices, "\n") {
		f := strings.Split(line, "\t")
		if len(f) != 4 || f[0] != name {
			continue
		}
		price, err := strconv.ParseFloat(f[1], 64)
		if err != nil {
			return 0, err
		}
		per, err := strconv.ParseFloat(f[2], 64)
		return price / per, err
	}
	return 0, fmt.Errorf("prices.tsv has no price of %s", name)
}

// item is a number of something that is paid for.
type item struct {
	what, price string
	n           float64
}

// perResponse is what a response takes.
func perResponse(u units) []item {
	seconds := float64(u.StoreCalls*storeMillis+u.AWSCalls*awsMillis+u.Invocations*fixedMillis) / 1000
	return []item{
		{"Lambda, requests", "lambda-request", float64(u.Invocations)},
		{"Lambda, time", "lambda-gb-second", seconds * functionGB},
		{"Step Functions, transitions", "transition", float64(u.Transitions)},
		{"DynamoDB, write units", "write-unit", u.WriteUnits},
		{"DynamoDB, read units", "read-unit", u.ReadUnits},
		{"DynamoDB, a month's storage", "store-gb-month", storedKB / 1e6},
		{"EventBridge, event to the hub", "cross-account-event", 1},
		{"SQS, sent, received and deleted", "queue-request", 3},
		{"CloudWatch Logs", "log-gb", logKB / 1e6},
	}
}

// perMonth is what stands there though nothing happens, and does not grow with the accounts: their event rules and idle queues cost nothing.
func perMonth() []item {
	return []item{
		{"Lambda, the clock's requests", "lambda-request", ticks},
		{"Lambda, the clock's time", "lambda-gb-second", ticks * tickMillis / 1000 * functionGB},
		{"Scheduler", "schedule", ticks},
		{"DynamoDB, the clock's read units", "read-unit", ticks * tickReads},
		{"SQS, waiting for events", "queue-request", pollers * secondsOfMonth / pollSeconds},
		{"KMS, keys", "key-month", keysOfHub},
		{"KMS, signatures at the most", "sign", signs},
		{"CloudWatch, alarms", "alarm-month", alarms},
		{"CloudWatch, dashboard", "dashboard-month", 1},
	}
}

// AWS's own solution, "Automated Security Response on AWS": its implementation guide's page "Cost" says so much for so many remediations a month, as
// copied in "安全合规持续检测和自动修复费用" by AWS's security team in China. The version is not said there.
func solution() [][2]float64 { return [][2]float64{{300, 3.33}, {3000, 26.83}, {30000, 261.90}} }

// costs prints the tables of docs/scale.md.
func costs(context.Context) error {
	text, err := costTables()
	fmt.Print(text)
	return err
}

// costTables are the tables.
func costTables() (string, error) {
	var b strings.Builder
	all := counted()
	fmt.Fprintf(&b, "| for a thousand responses, in dollars | %s |\n|---%s|\n", strings.Join(ways(), " | "), strings.Repeat("|---:", len(ways())))
	sums, lines := map[string]float64{}, len(perResponse(units{}))
	for n := range lines {
		row := ""
		for _, w := range ways() {
			i := perResponse(all[w])[n]
			p, err := priceOf(i.price)
			if err != nil {
				return "", err
			}
			sums[w] += 1000 * i.n * p
			row += fmt.Sprintf(" | %.4f", 1000*i.n*p)
		}
		fmt.Fprintf(&b, "| %s%s |\n", perResponse(units{})[n].what, row)
	}
	row := ""
	for _, w := range ways() {
		row += fmt.Sprintf(" | **%.2f**", sums[w])
	}
	fmt.Fprintf(&b, "| **all**%s |\n", row)
	fmt.Fprintf(&b, "\n| in an idle month, whatever the number of accounts | how many | dollars |\n|---|---:|---:|\n")
	idle := 0.0
	for _, i := range perMonth() {
		p, err := priceOf(i.price)
		if err != nil {
			return "", err
		}
		idle += i.n * p
		fmt.Fprintf(&b, "| %s | %.0f | %.2f |\n", i.what, i.n, i.n*p)
	}
	fmt.Fprintf(&b, "| **all** | | **%.2f** |\n", idle)
	fmt.Fprintf(&b, "\n| responses a month | Parry, each done by itself | Parry, each after a yes | AWS's own solution, by its guide |\n|---:|---:|---:|---:|\n")
	fmt.Fprintf(&b, "| 0 | %.2f | %.2f | not said |\n", idle, idle)
	for _, s := range solution() {
		fmt.Fprintf(&b, "| %.0f | %.2f | %.2f | %.2f |\n", s[0], idle+s[0]/1000*sums[byItself], idle+s[0]/1000*sums[afterYes], s[1])
	}
	s := solution()
	first, last := s[0], s[len(s)-1]
	fmt.Fprintf(&b, "| each further thousand | %.2f | %.2f | %.2f |\n", sums[byItself], sums[afterYes], 1000*(last[1]-first[1])/(last[0]-first[0]))
	return b.String(), nil
}

// countAll prints the units of each way, as they are counted now.
func countAll(ctx context.Context) error {
	local, err := dynamoLocal(ctx, "units of a response")
	if local == nil || err != nil {
		return err
	}
	defer local.Stop()
	fmt.Println()
	for _, w := range ways() {
		u, err := countUnits(ctx, local.Config(), w)
		if err != nil {
			return err
		}
		fmt.Printf("%-20s %+v\n", w, u)
	}
	return nil
}
