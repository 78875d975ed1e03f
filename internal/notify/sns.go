package notify

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"parry"
)

// snsTopic publishes to a topic of SNS. What subscribes may filter by the attributes kind, rule, tier, account and severity. Source: Publish, Amazon
// SNS API Reference.
type snsTopic struct {
	arn, region string
	fifo, json  bool
	config      func(ctx context.Context, region string) (aws.Config, error)
	o           opening
}

const (
	// snsMost is how long a message may be, in bytes, with some room for its attributes. Source: "Message", Publish.
	snsMost = 262_144 - 4096
	// snsSubject is how long a subject may be. Source: "Subject", Publish: less than 100 characters of ASCII, without line breaks.
	snsSubject = 99
)

func snsType() channelType {
	return channelType{
		name: "sns", doc: "a topic of Amazon SNS",
		fields: []field{
			{name: "topic", form: aText, need: true, doc: "the topic's ARN; one that ends with .fifo has its messages in order for each response, and none twice"},
			{name: "format", form: aText, oneOf: []string{"text", "json"}, doc: "text for people, which is what it is where nothing is said, or json for programs: the form of the webhook"},
		},
		open: func(v values, o opening) (Channel, error) {
			arn := strings.SplitN(v.text["topic"], ":", 6)
			if len(arn) != 6 || arn[0] != "arn" || arn[2] != "sns" || !parry.IsRegion(arn[3]) || !parry.IsAccount(arn[4]) || arn[5] == "" || strings.Contains(arn[5], ":") {
				return nil, parry.Errorf(parry.Invalid, "topic is no ARN of a topic, such as arn:aws:sns:eu-west-1:111122223333:parry")
			}
			if o.aws == nil {
				return nil, parry.Errorf(parry.Invalid, "AWS is not asked here, and the topic needs it")
			}
			return &snsTopic{arn: v.text["topic"], region: arn[3], fifo: strings.HasSuffix(arn[5], ".fifo"), json: v.text["format"] == "json", config: o.aws, o: o}, nil
		},
	}
}

// Tell implements Channel.
func (s *snsTopic) Tell(ctx context.Context, n News, _ string) (string, error) {
	r, m := n.Response, messageOf(n, s.o.now())
	p := posted{Version: 1, ID: newsID(n), Kind: n.Kind, Link: n.Link}
	sum := summaryOf(r)
	p.Response = &sum
	return "", s.publish(ctx, m, p, r.ID, map[string]string{
		"kind": string(n.Kind), "rule": r.Answer.Rule, "tier": r.Decided.Tier.String(), "account": accountOf(r), "severity": severityOf(r.Finding),
	})
}

// TellStorm implements Channel.
func (s *snsTopic) TellStorm(ctx context.Context, st Storm, _ string) (string, error) {
	p := posted{Version: 1, ID: stormID(st), Kind: "storm", Storm: &stormJSON{Rule: st.Rule, Kind: st.Kind, Count: st.Count, States: st.States, Accounts: st.Account}, Link: st.Link}
	return "", s.publish(ctx, stormMessage(st), p, "storm-"+digestOf(st.Rule), map[string]string{"kind": "storm", "rule": st.Rule})
}

func (s *snsTopic) publish(ctx context.Context, m message, p posted, group string, attributes map[string]string) error {
	text := m.text()
	if s.json {
		b, err := json.Marshal(p)
		if len(b) > snsMost && p.Response != nil && p.Response.Plan != nil {
			p.Response.Plan.Changes = []changeJSON{} // the console has them
			b, err = json.Marshal(p)
		}
		if err != nil {
			return parry.Errorf(parry.Invalid, "the news cannot be written as JSON: %w", err)
		}
		text = string(b)
	}
	in := &sns.PublishInput{TopicArn: &s.arn, Message: aws.String(shortBytes(text, snsMost)), Subject: aws.String(asciiSubject(m.headline + ": " + m.title)), MessageAttributes: map[string]snstypes.MessageAttributeValue{}}
	for name, value := range attributes {
		if value != "" {
			in.MessageAttributes[name] = snstypes.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(clean(value))}
		}
	}
	if s.fifo {
		in.MessageDeduplicationId, in.MessageGroupId = &p.ID, &group
	}
	cfg, err := s.config(ctx, s.region)
	if err != nil {
		return err
	}
	_, err = sns.NewFromConfig(cfg).Publish(ctx, in)
	return snsFailed(err)
}

// asciiSubject is a subject as SNS takes one.
func asciiSubject(s string) string {
	var b strings.Builder
	for _, r := range clean(s) {
		if r < ' ' || r > '~' {
			r = '?'
		}
		if b.Len() == snsSubject {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// shortBytes cuts a text to so many bytes, at a character's end.
func shortBytes(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-3], "") + "…"
}

// snsFailed is a failure of SNS in our kinds. Source: the errors of Publish, Amazon SNS API Reference.
func snsFailed(err error) error {
	var says smithy.APIError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &says):
		return parry.Errorf(parry.Fault, "SNS cannot be reached: %w", err)
	}
	switch says.ErrorCode() {
	case "NotFound", "NotFoundException", "AuthorizationError", "AuthorizationErrorException", "AccessDenied", "InvalidClientTokenId", "SignatureDoesNotMatch", "OptInRequired",
		"KMSAccessDenied", "KMSDisabled", "KMSNotFound", "KMSOptInRequired", "InvalidState", "EndpointDisabled":
		return parry.Errorf(parry.Refused, "SNS says %s: %s", says.ErrorCode(), clean(says.ErrorMessage())).WithHint("look at the topic's ARN, and at sns:Publish on it (and its key) for the credentials that Parry runs with")
	case "InvalidParameter", "InvalidParameterException", "ParameterValueInvalid", "InvalidParameterValue", "InvalidSecurity", "ValidationError":
		return parry.Errorf(parry.Invalid, "SNS says %s: %s", says.ErrorCode(), clean(says.ErrorMessage()))
	}
	return parry.Errorf(parry.Fault, "SNS says %s: %s", says.ErrorCode(), clean(says.ErrorMessage()))
}
