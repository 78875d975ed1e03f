package deploy

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"parry/internal/strictyaml"
)

// Lake is a custom source of Amazon Security Lake. CloudFormation has no type for one, and AWS says only when it is made where it is and which role
// writes there: so a first rendering says how it is made, and a second one, which knows both, lets the clock write.
type Lake struct {
	Wanted     bool
	Location   string // s3://BUCKET/ext/SOURCE/...; empty until the source is made
	Role       string // that AWS made for who writes there, by its ARN
	ExternalID string
	Region     string // of the bucket
}

// The forms of what AWS answers. Source: CustomLogSourceProvider and AwsIdentity, Amazon Security Lake API Reference.
const (
	locationForm = `^s3[an]?://[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9](/[^/][^*?\s]*)+$`
	providerForm = `^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]+$`
	externalForm = `^[A-Za-z0-9_+=,.@:/-]{2,}$`
)

// lake reads audit.security_lake: true where the source is still to be made, and what AWS answered where it is.
func (r *reader) lake(n *strictyaml.Node) (l Lake) {
	f := n.Get("security_lake")
	if f == nil || !f.IsMap() {
		return Lake{Wanted: r.truth(n, "security_lake")}
	}
	g := r.group(n, "security_lake", true, "location", "role", "external_id", "region")
	if g == nil {
		return l
	}
	return Lake{
		true, r.need(g, "location", locationForm, "where AWS says that the source is, such as s3://aws-security-data-lake-.../ext/parry/"),
		r.need(g, "role", providerForm, "the ARN of the role that AWS made for the source"),
		r.need(g, "external_id", externalForm, "what was given as externalId when the source was made"),
		r.text(g, "region", regionForm, "a Region, such as eu-central-1"),
	}
}

// lakeRegion is the Region that the lake is in.
func (o *Org) lakeRegion() string { return cmp.Or(o.Audit.Lake.Region, o.Hub.Region) }

// laking is what the clock may do for the lake: take the role that AWS made, which lets it write in the source's location and do nothing else.
func (o *Org) laking() []m {
	if o.Audit.Lake.Role == "" {
		return nil
	}
	return []m{allow(m{"Sid": "Lake", "Action": "sts:AssumeRole", "Resource": o.Audit.Lake.Role})}
}

// lakeVariables tell the clock where the lake is.
func (o *Org) lakeVariables(variables m) {
	l := o.Audit.Lake
	if l.Location == "" {
		return
	}
	variables["PARRY_LAKE_LOCATION"] = regexp.MustCompile(`^s3[an]?://`).ReplaceAllString(l.Location, "s3://")
	variables["PARRY_LAKE_ROLE"], variables["PARRY_LAKE_EXTERNAL_ID"], variables["PARRY_LAKE_REGION"] = l.Role, l.ExternalID, o.lakeRegion()
}

// lakeStep is how the source is made, where it is wanted and not there yet. The event class is left out: those that the call knows have no Remediation
// Activity. Sources: CreateCustomLogSource, Amazon Security Lake API Reference; "Adding a custom source in Security Lake", Amazon Security Lake User Guide.
func (o *Org) lakeStep() string {
	l := o.Audit.Lake
	switch {
	case !l.Wanted:
		return ""
	case l.Location != "":
		return fmt.Sprintf("\nThe clock writes the ends of responses into Security Lake, as OCSF's Remediation Activity: %s\n", l.Location)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `
## Security Lake

The source is made once, in the account and a Region where Security Lake is administered; nothing is written there before. GLUE-ROLE is a role for Security Lake's crawler, as
"Prerequisites to adding a custom source" of the Security Lake User Guide has it (AWSGlueServiceRole, and the lake's objects); the external id is a random word of your own, such as openssl rand -hex 16 gives.

`)
	fmt.Fprintf(&b, "    aws securitylake create-custom-log-source --region %s --source-name %s --source-version 1.0 --configuration \\\n", o.lakeRegion(), o.Name)
	fmt.Fprintf(&b, "      '{\"crawlerConfiguration\": {\"roleArn\": \"GLUE-ROLE\"}, \"providerIdentity\": {\"principal\": \"%s\", \"externalId\": \"EXTERNAL-ID\"}}'\n", o.Hub.Account)
	b.WriteString(`
It answers with source.provider.location and source.provider.roleArn. Put them into org.yaml, render again, and update the stack of hub.json:

    audit:
      security_lake: {location: LOCATION, role: ROLE-ARN, external_id: EXTERNAL-ID, region: REGION}
`)
	return b.String()
}
