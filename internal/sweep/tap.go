package sweep

import (
	"bytes"
	"context"
	"encoding/json"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"parry"
)

// maxAnswer is more than any page holds: a hundred findings of 240 KB.
const maxAnswer = 64 << 20

type tapKey struct{}

// tapped is a configuration whose answers can be had as AWS wrote them: the SDK's own types have other names for the members, and
// leave out what the module does not know yet.
func tapped(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(cfg.APIOptions[:len(cfg.APIOptions):len(cfg.APIOptions)], func(s *middleware.Stack) error {
		// The innermost of the step: it sees the answer before it is read.
		return s.Deserialize.Add(middleware.DeserializeMiddlewareFunc("ParryTap", tap), middleware.After)
	})
	return cfg
}

func tap(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, md, err := next.HandleDeserialize(ctx, in)
	into, wanted := ctx.Value(tapKey{}).(*[]byte)
	answer, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !wanted || !ok || answer.StatusCode >= 300 {
		return out, md, err
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return out, md, err
	}
	_ = answer.Body.Close() // it is read
	answer.Body = io.NopCloser(bytes.NewReader(body))
	*into = body
	return out, md, nil
}

// raw makes a call and gives the list in its answer, member by member as AWS wrote it.
func raw(ctx context.Context, list string, call func(context.Context) error) ([]json.RawMessage, error) {
	var body []byte
	if err := call(context.WithValue(ctx, tapKey{}, &body)); err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	var items []json.RawMessage
	err := json.Unmarshal(body, &members)
	if err == nil && members[list] != nil {
		err = json.Unmarshal(members[list], &items)
	}
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "the answer cannot be read: %w", err)
	}
	return items, nil
}
