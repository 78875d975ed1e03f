package notify

import (
	"slices"
	"strings"

	"parry"
)

// Needs are what a process needs of AWS to open and use the channels of a file.
type Needs struct {
	Secrets    []string // ARNs in Secrets Manager
	Parameters []string // names in Parameter Store
	Topics     []string // ARNs of SNS
}

// Needs are what the file's channels need of AWS. A secret that is in the environment or in a file of a machine is refused: where this is asked
// there is none.
func (f *File) Needs() (n Needs, err error) {
	for _, e := range f.Channels {
		for name, at := range e.values.secrets {
			kind, of, _ := strings.Cut(e.values.text[name], ":")
			switch kind {
			case "secretsmanager":
				arn, _, _ := strings.Cut(of, "#")
				if !strings.HasPrefix(arn, "arn:") {
					return n, at.Errorf("%s: a deployment's functions may read one secret by its ARN, not %q", name, arn)
				}
				n.Secrets = append(n.Secrets, arn)
			case "ssm":
				n.Parameters = append(n.Parameters, of)
			default:
				return n, at.Errorf("%s: a deployment's functions have neither files nor an environment to keep secrets in: say secretsmanager:ARN or ssm:NAME", name)
			}
		}
		if e.Type == snsType().name {
			topic := e.values.text["topic"]
			if arn := strings.Split(topic, ":"); len(arn) != 6 || arn[2] != "sns" || !parry.IsRegion(arn[3]) {
				return n, e.at.Errorf("topic is no ARN of a topic, such as arn:aws:sns:eu-west-1:111122223333:parry")
			}
			n.Topics = append(n.Topics, topic)
		}
	}
	for _, list := range []*[]string{&n.Secrets, &n.Parameters, &n.Topics} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return n, nil
}
