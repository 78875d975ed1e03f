package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"parry"
)

// healthLimit is how long a server has to answer: the view does not stand still for it.
const healthLimit = 1500 * time.Millisecond

// Health asks a running server how it does, as 'parry serve' tells it at /readyz.
func Health(base string) (func(context.Context) (string, bool), error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, parry.Errorf(parry.Invalid, "%q is not the address of a server", base).WithHint("it is such as http://127.0.0.1:8080")
	}
	at := u.JoinPath("readyz").String()
	client := &http.Client{Timeout: healthLimit, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return func(ctx context.Context) (string, bool) {
		said, well, err := asked(ctx, client, at)
		if err != nil {
			return "no answer: " + err.Error(), false
		}
		return said, well
	}, nil
}

func asked(ctx context.Context, client *http.Client, at string) (said string, well bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return "", false, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", false, err
	}
	defer resp.Body.Close()
	var h struct {
		Ready   bool              `json:"ready"`
		Store   string            `json:"store"`
		Intake  map[string]string `json:"intake"`
		Stopped bool              `json:"stopped"`
		InHand  int64             `json:"in_hand"`
		Waiting int               `json:"waiting"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&h); err != nil {
		return "", false, parry.Errorf(parry.Invalid, "%s, and what it says is not the health of a server", resp.Status)
	}
	words := []string{"not ready"}
	if h.Ready {
		words[0] = "ready"
	}
	if h.Stopped {
		words = append(words, "stopped by a person")
	}
	if h.Store != "ok" {
		words = append(words, "store "+h.Store)
	}
	for _, name := range slices.Sorted(maps.Keys(h.Intake)) {
		words = append(words, name+" "+h.Intake[name])
	}
	words = append(words, fmt.Sprintf("%d in hand", h.InHand), fmt.Sprintf("%d to come", h.Waiting))
	return strings.Join(words, ", "), h.Ready && !h.Stopped, nil
}
