package twin

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// ssmState is Systems Manager of one account in one region. It runs no document: a command or an execution is there, takes its time and
// ends, and what the document would do is not done. Documents are JSON here; AWS takes YAML, too.
type ssmState struct {
	documents  shelf[ssmDocument] // the account's own, by name
	commands   shelf[command]
	executions shelf[automation]
}

// ssmDocument is a document, of the account or of AWS.
type ssmDocument struct {
	name, content string
	kind          types.DocumentType
	created       time.Time
	parameters    map[string]ssmParameter
	shares        []string // accounts
}

// ssmStep is a step of a document. What stands below Inputs is an automation's only.
type ssmStep struct {
	Action         string          `json:"action"`
	Name           string          `json:"name"`
	Precondition   json.RawMessage `json:"precondition"`
	Inputs         json.RawMessage `json:"inputs"`
	Description    string          `json:"description"`
	TimeoutSeconds int             `json:"timeoutSeconds"`
	OnFailure      string          `json:"onFailure"`
	NextStep       string          `json:"nextStep"`
	IsEnd          bool            `json:"isEnd"`
	Outputs        []struct{ Name, Selector, Type string }
}

// ssmParameter is what a document asks for.
type ssmParameter struct {
	Type           string   `json:"type"`
	Description    string   `json:"description"`
	Default        any      `json:"default"`
	AllowedPattern string   `json:"allowedPattern"`
	AllowedValues  []string `json:"allowedValues"`
}

func ssmHandlers(t table) {
	const service = "SSM"
	on(t, service, "CreateDocument", createDocument)
	on(t, service, "GetDocument", getDocument)
	on(t, service, "DeleteDocument", deleteDocument)
	on(t, service, "DescribeDocumentPermission", describeDocumentPermission)
	on(t, service, "ModifyDocumentPermission", modifyDocumentPermission)
	on(t, service, "DescribeInstanceInformation", describeInstanceInformation)
	on(t, service, "SendCommand", sendCommand)
	on(t, service, "ListCommands", listCommands)
	on(t, service, "StartAutomationExecution", startAutomationExecution)
	on(t, service, "StopAutomationExecution", stopAutomationExecution)
	on(t, service, "GetAutomationExecution", getAutomationExecution)
	on(t, service, "DescribeAutomationExecutions", describeAutomationExecutions)
}

// Names of documents; those that AWS keeps for itself. Source: CreateDocument, API Reference of Systems Manager.
var (
	documentName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,128}$`)
	reservedName = regexp.MustCompile(`(?i)^(aws|amazon|amzn)`)
)

func createDocument(r *request, in *ssm.CreateDocumentInput) (*ssm.CreateDocumentOutput, error) {
	name := *in.Name
	if !documentName.MatchString(name) || reservedName.MatchString(name) {
		return nil, reject("ValidationException", "1 validation error detected: Value '%s' at 'name' failed to satisfy constraint", name)
	}
	if _, dup := r.reg.ssm.documents.byID[name]; dup {
		return nil, &types.DocumentAlreadyExists{Message: aws.String(fmt.Sprintf("Document with same name %s already exists", name))}
	}
	d, err := readDocument(name, *in.Content, in.DocumentType)
	if err != nil {
		return nil, &types.InvalidDocumentContent{Message: aws.String(err.Error())}
	}
	d.created = r.now
	r.reg.ssm.documents.put(name, d)
	return &ssm.CreateDocumentOutput{DocumentDescription: &types.DocumentDescription{
		Name: in.Name, DocumentType: d.kind, DocumentFormat: types.DocumentFormatJson, DocumentVersion: aws.String("1"), Status: types.DocumentStatusCreating,
		CreatedDate: aws.Time(r.now), Owner: aws.String(r.acct.id),
	}}, nil
}

// readDocument holds a document's text to what AWS wants of it, as far as our documents go. Source: "Schemas, features, and examples" and
// "Data elements and parameters", User Guide of Systems Manager.
func readDocument(name, content string, kind types.DocumentType) (*ssmDocument, error) {
	var doc struct {
		SchemaVersion string                  `json:"schemaVersion"`
		Description   string                  `json:"description"`
		AssumeRole    string                  `json:"assumeRole"`
		Parameters    map[string]ssmParameter `json:"parameters"`
		MainSteps     []ssmStep               `json:"mainSteps"`
		Outputs       []string                `json:"outputs"`
	}
	dec := json.NewDecoder(strings.NewReader(content))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("the content is not valid: %w", err)
	}
	want := map[types.DocumentType]string{types.DocumentTypeCommand: "2.2", types.DocumentTypeAutomation: "0.3"}[kind]
	if doc.SchemaVersion != want || want == "" {
		return nil, fmt.Errorf("a document of type %s has no schema version %q", kind, doc.SchemaVersion)
	}
	if len(doc.MainSteps) == 0 || len(content) > 64<<10 {
		return nil, fmt.Errorf("a document has steps, and at most 64 KB")
	}
	for n, p := range doc.Parameters {
		if !slices.Contains([]string{"String", "StringList", "Boolean", "Integer"}, p.Type) {
			return nil, fmt.Errorf("parameter %s is of type %q", n, p.Type)
		}
		if _, err := regexp.Compile(p.AllowedPattern); err != nil {
			return nil, fmt.Errorf("parameter %s: %w", n, err)
		}
	}
	return &ssmDocument{name: name, content: content, kind: kind, parameters: doc.Parameters}, nil
}

func noDocument(name string) error {
	return &types.InvalidDocument{Message: aws.String("Document with name " + name + " does not exist.")}
}

func getDocument(r *request, in *ssm.GetDocumentInput) (*ssm.GetDocumentOutput, error) {
	d, ok := r.reg.ssm.documents.byID[*in.Name]
	if !ok {
		return nil, noDocument(*in.Name)
	}
	return &ssm.GetDocumentOutput{
		Name: in.Name, Content: aws.String(d.content), DocumentType: d.kind, DocumentFormat: types.DocumentFormatJson, DocumentVersion: aws.String("1"),
		Status: types.DocumentStatusActive, CreatedDate: aws.Time(d.created),
	}, nil
}

func deleteDocument(r *request, in *ssm.DeleteDocumentInput) (*ssm.DeleteDocumentOutput, error) {
	if _, ok := r.reg.ssm.documents.byID[*in.Name]; !ok {
		return nil, noDocument(*in.Name)
	}
	r.reg.ssm.documents.drop(*in.Name)
	return &ssm.DeleteDocumentOutput{}, nil
}

// accepts holds what a document is given to what it asks for.
func (d *ssmDocument) accepts(given map[string][]string) error {
	for name, values := range given {
		p, ok := d.parameters[name]
		if !ok {
			return fmt.Errorf("parameter %q is not defined in document %q", name, d.name)
		}
		if p.Type != "StringList" && len(values) != 1 {
			return fmt.Errorf("parameter %q takes one value", name)
		}
		for _, v := range values {
			if p.AllowedPattern != "" && !regexp.MustCompile(p.AllowedPattern).MatchString(v) {
				return fmt.Errorf("parameter %q: value %q does not match regular expression %s", name, v, p.AllowedPattern)
			}
			if len(p.AllowedValues) > 0 && !slices.Contains(p.AllowedValues, v) {
				return fmt.Errorf("parameter %q: value %q is not one of the allowed values", name, v)
			}
		}
	}
	for name, p := range d.parameters {
		if _, ok := given[name]; !ok && p.Default == nil {
			return fmt.Errorf("parameter %q is required and was not given", name)
		}
	}
	return nil
}
