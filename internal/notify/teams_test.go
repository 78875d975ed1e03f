package notify

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"parry"
)

func TestTeamsCard(t *testing.T) {
	api := fakeTeams(t)
	must(t)(api.channel.Tell(context.Background(), news(Asked, titled(hostile)), ""))
	c := api.last(http.MethodPost)
	card := at(c.body, "attachments", 0, "content")
	body, _ := at(card, "body").([]any)
	if len(body) < 8 {
		t.Fatalf("%d lines", len(body))
	}
	for _, l := range body { // nothing in it is read as Markdown
		if at(l, "type") != "RichTextBlock" {
			t.Errorf("a %v", at(l, "type"))
		}
		runs, _ := at(l, "inlines").([]any)
		for _, r := range runs {
			if at(r, "type") != "TextRun" || text(at(r, "text")) == "" {
				t.Errorf("a run %v", r)
			}
		}
	}
	if got := at(card, "actions", 0); at(got, "type") != "Action.OpenUrl" || at(got, "url") != "https://parry.example/responses/"+aResponse().ID {
		t.Errorf("action %v", got)
	}
	if got := at(card, "body", 0, "inlines", 0, "color"); got != "Attention" {
		t.Errorf("color %v", got)
	}
	if c.header.Get("Authorization") != "" {
		t.Error("a credential beside the address")
	}
}

func TestTeamsCardWithoutAConsole(t *testing.T) {
	api := fakeTeams(t)
	for _, link := range []string{"", "javascript:alert(1)"} {
		n := news(Told)
		n.Link = link
		must(t)(api.channel.Tell(context.Background(), n, ""))
		if got := at(api.last(http.MethodPost).body, "attachments", 0, "content", "actions"); got != nil {
			t.Errorf("%q: actions %v", link, got)
		}
	}
}

func TestTeamsColors(t *testing.T) {
	for _, c := range []struct {
		news News
		want string
	}{
		{news(Asked), "Attention"},
		{news(Asked, func(r *parry.Response) { r.Finding.SeverityID = parry.SeverityLow }), "Warning"},
		{news(Begun), ""},
		{news(Ended), "Good"},
		{news(Ended, in(parry.Failed)), "Attention"},
	} {
		if got := cardColor(storyOf(c.news, early())); got != c.want {
			t.Errorf("%s, %s: %q, not %q", c.news.Kind, c.news.Response.State, got, c.want)
		}
	}
}

func TestTeamsWorkflowIsGone(t *testing.T) {
	api := fakeTeams(t)
	for code, body := range map[int]string{404: `{"error":{"code":"WorkflowNotFound"}}`, 400: `{"error":{"code":"WorkflowTriggerIsNotEnabled"}}`} {
		api.fail(fault{code: code, body: body})
		_, err := api.channel.Tell(context.Background(), news(Asked), "")
		if parry.KindOf(err) != parry.Refused || !strings.Contains(parry.HintOf(err), "workflow") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%d: %v, hint %q", code, err, parry.HintOf(err))
		}
	}
}
