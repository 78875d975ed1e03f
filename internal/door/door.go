// Package door speaks to what people decide through from afar. One is the door of a deployment on AWS: the function's URL at which people see what
// waits, and say yes or no. Each request is signed with the caller's own AWS credentials, so that AWS says who it is. The other is the console's
// server, which has the same and more under /api, and knows people by tokens.
package door

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"parry"
)

// longest bounds a request: planning anew takes seconds.
const longest = 70 * time.Second

// mostBytes is how much of an answer is read. A function's answer has at most 6 MB. Source: "Lambda quotas", AWS Lambda Developer Guide. A page of a
// console's server may have a hundred responses of at most 400 KB, as much as an item of DynamoDB holds.
const mostBytes = 48 << 20

// mostInPage is how many responses a page of a console's server has at the most.
const mostInPage = 100

// Client is one person's way to a door, or to a console's server.
type Client struct {
	base *url.URL
	http *http.Client
	name string // of what is spoken to, in errors
	// sign says on a request whose it is.
	sign func(ctx context.Context, req *http.Request, body []byte) error
	// console says that it has more than a door has.
	console bool
	// strange is what to do about an answer that is not one of what is spoken to.
	strange string
}

// New makes a client for a door's URL. Credentials go to no URL that is not encrypted, but on this machine, as in tests.
func New(cfg aws.Config, address string, now func() time.Time) (*Client, error) {
	u, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "127.0.0.1" {
		return nil, parry.Errorf(parry.Invalid, "%q is no address of a door", address).WithHint("it is the output DoorUrl of the hub's stack: https://....lambda-url.REGION.on.aws")
	}
	if m := regionOf.FindStringSubmatch(u.Hostname()); m != nil {
		cfg = cfg.Copy()
		cfg.Region = m[1] // the signature is for the door's Region, wherever the caller's is
	}
	return &Client{base: u, http: client(), name: "the door", strange: "a console's server takes a token: --server-token-file FILE, or PARRY_SERVER_TOKEN", sign: signer(cfg, now)}, nil
}

// Console tells whether what is spoken to is a console's server, which has more than a door.
func (c *Client) Console() bool { return c.console }

// client follows nobody elsewhere: what says who asks is for the address that was given.
func client() *http.Client {
	return &http.Client{Timeout: longest, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// signer signs for Lambda. Source: "Invoking Lambda function URLs", AWS Lambda Developer Guide: the service's name in the signature is lambda.
func signer(cfg aws.Config, now func() time.Time) func(context.Context, *http.Request, []byte) error {
	return func(ctx context.Context, req *http.Request, body []byte) error {
		credentials, err := cfg.Credentials.Retrieve(ctx)
		if err != nil {
			return parry.Errorf(parry.Invalid, "there are no AWS credentials to sign with: %w", err).WithHint("set AWS_PROFILE, or sign in with 'aws sso login'")
		}
		sum := sha256.Sum256(body)
		if err := v4.NewSigner().SignHTTP(ctx, credentials, req, hex.EncodeToString(sum[:]), "lambda", cfg.Region, now()); err != nil {
			return parry.Errorf(parry.Fault, "%w", err)
		}
		return nil
	}
}

// regionOf finds the Region in a function's URL. Source: "Lambda function URLs", AWS Lambda Developer Guide.
var regionOf = regexp.MustCompile(`\.lambda-url\.([a-z0-9-]+)\.on\.aws$`)

// List gives responses, at most n of them: those that wait, or those in a state.
func (c *Client) List(ctx context.Context, state parry.State, n int) (all []parry.Response, err error) {
	for after := ""; ; {
		query := url.Values{}
		for k, v := range map[string]string{"state": string(state), "after": after, "limit": c.limit(n - len(all))} {
			if v != "" {
				query.Set(k, v)
			}
		}
		var page struct {
			Responses []parry.Response `json:"responses"`
			Next      string           `json:"next"`
		}
		path := "/v1/responses"
		if len(query) > 0 {
			path += "?" + query.Encode()
		}
		if err := c.ask(ctx, http.MethodGet, path, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Responses...)
		if after = page.Next; after == "" || len(all) >= n {
			return all[:min(n, len(all))], nil
		}
	}
}

// limit is how long a page is to be; a door's has its own length.
func (c *Client) limit(n int) string {
	if !c.console {
		return ""
	}
	return strconv.Itoa(min(max(n, 1), mostInPage))
}

// Response gives one response.
func (c *Client) Response(ctx context.Context, id string) (parry.Response, error) {
	r, _, err := c.Whole(ctx, id)
	return r, err
}

// Whole gives one response with its history; a door has none.
func (c *Client) Whole(ctx context.Context, id string) (parry.Response, []parry.Record, error) {
	var w struct {
		parry.Response
		Records []parry.Record `json:"records"`
	}
	err := c.ask(ctx, http.MethodGet, "/v1/responses/"+url.PathEscape(id), nil, &w)
	return w.Response, w.Records, err
}

// PlanUndo says what undoing would do: all of it, or the changes that are named.
func (c *Client) PlanUndo(ctx context.Context, id string, changes ...string) (v parry.Reversal, err error) {
	query := ""
	if len(changes) > 0 {
		query = "?" + url.Values{"change": changes}.Encode()
	}
	err = c.ask(ctx, http.MethodGet, "/v1/responses/"+url.PathEscape(id)+"/undo"+query, nil, &v)
	return v, err
}

// Approve, Reject and Undo say a person's word. What comes of it is carried out by the deployment.
func (c *Client) Approve(ctx context.Context, id, digest, comment string) (r parry.Response, err error) {
	err = c.ask(ctx, http.MethodPost, "/v1/responses/"+url.PathEscape(id)+"/approve", map[string]any{"digest": digest, "comment": comment}, &r)
	return r, err
}

// Reject says no.
func (c *Client) Reject(ctx context.Context, id, digest, comment string) (r parry.Response, err error) {
	err = c.ask(ctx, http.MethodPost, "/v1/responses/"+url.PathEscape(id)+"/reject", map[string]any{"digest": digest, "comment": comment}, &r)
	return r, err
}

// Undo takes back: all changes, or those that are named.
func (c *Client) Undo(ctx context.Context, id string, changes []string) (r parry.Response, err error) {
	err = c.ask(ctx, http.MethodPost, "/v1/responses/"+url.PathEscape(id)+"/undo", taken(changes), &r)
	return r, err
}

// taken is what an undo takes back. A list that is not there is all.
func taken(changes []string) map[string]any {
	if len(changes) == 0 {
		return map[string]any{}
	}
	return map[string]any{"changes": changes}
}

// ask makes one request and reads its answer. A refusal is the error that it would have been on the spot.
func (c *Client) ask(ctx context.Context, method, path string, in, out any) error {
	body := []byte{}
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return parry.Errorf(parry.Fault, "%w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base.String()+path, bytes.NewReader(body))
	if err != nil {
		return parry.Errorf(parry.Invalid, "%w", err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if err := c.sign(ctx, req, body); err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return parry.Errorf(parry.Fault, "%s does not answer: %w", c.name, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostBytes))
	if err != nil {
		return parry.Errorf(parry.Fault, "the answer of %s breaks off: %w", c.name, err)
	}
	if resp.StatusCode != http.StatusOK {
		return c.refusal(resp.StatusCode, text)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return parry.Errorf(parry.Fault, "the answer of %s cannot be read: %w", c.name, err).WithHint("%s", c.strange)
	}
	return nil
}

// refusal is a refusal as an error of its kind.
func (c *Client) refusal(status int, text []byte) error {
	var said struct{ Error, Next, Message string }
	_ = json.Unmarshal(text, &said) // AWS's own refusals have a message, and others nothing that can be read
	kind, known := map[int]parry.Kind{http.StatusBadRequest: parry.Invalid, http.StatusNotFound: parry.NotFound, http.StatusForbidden: parry.Refused, http.StatusUnauthorized: parry.Refused,
		http.StatusConflict: parry.Conflict}[status]
	if !known && status < http.StatusInternalServerError && status != http.StatusTooManyRequests {
		kind = parry.Invalid
	}
	switch {
	case said.Error != "":
		return parry.Errorf(kind, "%s", said.Error).WithHint("%s", said.Next)
	case status == http.StatusForbidden && said.Message != "":
		return parry.Errorf(parry.Refused, "AWS does not let these credentials in at the door: %s", said.Message).WithHint("approvers in org.yaml names who may; its deployer adds you")
	}
	return parry.Errorf(kind, "%s answered %d", c.name, status).WithHint("%s", c.strange)
}
