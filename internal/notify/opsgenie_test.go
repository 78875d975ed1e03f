package notify

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"parry"
)

func TestOpsgenieAlert(t *testing.T) {
	api := fakeOpsgenie(t, "")
	must(t)(api.channel.Tell(context.Background(), news(Asked), ""))
	c := api.last(http.MethodPost)
	for _, want := range []struct {
		path []any
		want any
	}{
		{[]any{"alias"}, "parry-" + aResponse().ID},
		{[]any{"priority"}, "P2"},
		{[]any{"source"}, "Parry"},
		{[]any{"entity"}, "111122223333/eu-central-1/AWS::S3::Bucket/invoices"},
		{[]any{"responders", 0, "name"}, "secops"},
		{[]any{"responders", 0, "type"}, "team"},
		{[]any{"tags", 1}, "aws"},
		{[]any{"details", "Console"}, "https://parry.example/responses/" + aResponse().ID},
		{[]any{"details", "Playbook"}, "s3-block-public-access"},
	} {
		if got := at(c.body, want.path...); got != want.want {
			t.Errorf("%v is %v, not %v", want.path, got, want.want)
		}
	}
}

func TestOpsgenieShowsNoMarkup(t *testing.T) {
	api := fakeOpsgenie(t, "")
	ref := must(t)(api.channel.Tell(context.Background(), news(Asked, titled(hostile)), ""))
	must(t)(api.channel.Tell(context.Background(), news(Ended, titled(hostile)), ref))
	for _, c := range api.got(http.MethodPost) {
		for _, f := range []string{"message", "description", "note"} {
			if s := text(c.body[f]); strings.ContainsAny(s, "<>") {
				t.Errorf("%s %s: %q", c.path, f, s)
			}
		}
	}
}

func TestOpsgenieReopens(t *testing.T) {
	api := fakeOpsgenie(t, "")
	ctx := context.Background()
	ref := must(t)(api.channel.Tell(ctx, news(Asked), ""))
	api.showing()[0].closed = true // by a person, though the question stands
	must(t)(api.channel.Tell(ctx, news(Reminded), ref))
	if all := api.showing(); len(all) != 2 || all[1].closed {
		t.Errorf("%d, the last %+v", len(all), all[len(all)-1])
	}
}

func TestOpsgenieHasNoAlertToClose(t *testing.T) {
	p := newProvider(t, func(sent) (int, any) { return http.StatusNotFound, map[string]any{"message": "Alert does not exist"} })
	o, err := NewOpsgenie(OpsgenieConfig{APIKey: "k", URL: p.URL}, calling())
	if err != nil {
		t.Fatal(err)
	}
	must(t)(o.Tell(context.Background(), news(Ended), ""))
	if _, err := o.Tell(context.Background(), news(Asked), ""); parry.KindOf(err) != parry.Refused {
		t.Errorf("an alert that cannot be made: %v", err)
	}
}

func TestOpsgeniePriority(t *testing.T) {
	for id, want := range map[int]string{0: "P3", 1: "P5", 2: "P4", 3: "P3", 4: "P2", 5: "P1", 6: "P1", 99: "P3"} {
		if got := alertPriority(id); got != want {
			t.Errorf("%d: %s, not %s", id, got, want)
		}
	}
}

func TestOpsgenieConfig(t *testing.T) {
	for _, c := range []OpsgenieConfig{{}, {APIKey: "k\n"}, {APIKey: "k", Tags: []string{strings.Repeat("x", 51)}}, {APIKey: "k", Tags: make([]string, 20)}} {
		if _, err := NewOpsgenie(c, calling()); parry.KindOf(err) != parry.Invalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
