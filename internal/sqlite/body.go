package sqlite

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"parry"
)

// sqlResponse is the column that decodeResponse reads: the two parts of a response, one after the other.
const sqlResponse = "body || char(10) || (SELECT plans.body FROM plans WHERE plans.response = responses.id)"

// planned is the part of a response that most of its steps leave as it is.
type planned struct {
	Finding parry.Finding `json:"finding"`
	Answer  parry.Answer  `json:"answer"`
	Target  parry.Target  `json:"target"`
	Plan    parry.Plan    `json:"plan"`
}

// plain is a response without its methods.
type plain parry.Response

// moving is the other part: a name that stands nearer to the outside hides the one of the response.
type moving struct {
	plain
	Finding none `json:"finding,omitzero"`
	Answer  none `json:"answer,omitzero"`
	Target  none `json:"target,omitzero"`
	Plan    none `json:"plan,omitzero"`
}

type none struct{}

// bodies are the two parts of a response as they are stored, and the digest by which the first is known to be the same.
func bodies(r parry.Response) (plan, digest, rest string, err error) {
	p, err := json.Marshal(planned{r.Finding, r.Answer, r.Target, r.Plan})
	if err != nil {
		return "", "", "", err
	}
	m, err := json.Marshal(moving{plain: plain(r)})
	if err != nil {
		return "", "", "", err
	}
	sum := sha256.Sum256(p)
	return string(p), hex.EncodeToString(sum[:]), string(m), nil
}

// decodeResponse reads what sqlResponse gives.
func decodeResponse(text string) (r parry.Response, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	if err := d.Decode(&r); err != nil {
		return r, err
	}
	var p planned
	if err := d.Decode(&p); err != nil {
		return r, errors.Join(errors.New("its plan"), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return r, errors.New("something follows its plan")
	}
	r.Finding, r.Answer, r.Target, r.Plan = p.Finding, p.Answer, p.Target, p.Plan
	return r, nil
}
