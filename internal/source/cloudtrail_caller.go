package source

import (
	"strings"

	"parry"
)

// initiator tells who made a call, in OCSF's form; nil where the record does not say. Source: "CloudTrail userIdentity
// element", AWS CloudTrail User Guide.
func initiator(d node) *parry.Initiator {
	u := d.get("userIdentity")
	if !u.there() {
		return nil
	}
	issuer := u.get("sessionContext", "sessionIssuer")
	who := &parry.Initiator{InvokedBy: u.get("invokedBy").text(), User: &parry.User{
		Type: u.get("type").text(), Name: oneOf(u.get("userName").text(), issuer.get("userName").text()), UID: u.get("principalId").text(),
		UIDAlt: u.get("arn").text(), Credential: u.get("accessKeyId").text(),
	}}
	if account := u.get("accountId").text(); parry.IsAccount(account) {
		who.User.Account = &parry.CloudAccount{UID: account}
	}
	_, session, _ := strings.Cut(who.User.UID, ":")
	s := parry.LoginSession{
		UID: session, Issuer: issuer.get("arn").text(), MFA: mfaText(d) == "true",
		CreatedTime: millis(u.get("sessionContext", "attributes", "creationDate").text()),
	}
	if s != (parry.LoginSession{}) {
		who.Session = &s
	}
	return who
}

// mfaText says whether the session began with a second factor: "true", "false", or nothing where the record does not
// say. A sign-in through an identity provider says no, whatever the provider asked for.
func mfaText(d node) string {
	switch used := d.get("additionalEventData", "MFAUsed").text(); {
	case strings.EqualFold(used, "Yes"):
		return "true"
	case strings.EqualFold(used, "No"):
		return "false"
	}
	return strings.ToLower(d.get("userIdentity", "sessionContext", "attributes", "mfaAuthenticated").plain())
}

// caller makes targets of who made a call: the user and the access key, or the role. A call that a service made, for
// itself or for someone, has no caller who could be stopped.
func (g *gather) caller(home scope, d node, signIn bool) {
	u := d.get("userIdentity")
	own, isARN := parseARN(u.get("arn").text())
	in := scope{oneOf(u.get("accountId").text(), own.account), home.region, oneOf(own.partition, home.partition)}
	p := principal{
		key: u.get("accessKeyId").text(), id: u.get("principalId").text(), name: u.get("userName").text(),
		kind: u.get("type").text(), arn: u.get("arn").text(), role: "ACTOR", signIn: signIn,
	}
	switch service := invoker(u); {
	case !u.there():
		g.unclear("%s is missing: the record does not say who it was", u.path)
		return
	case service != "":
		g.unclear("the caller is the AWS service %q", cut(service))
		return
	case isARN && parry.IsAccount(own.account) && own.account != in.account:
		g.unclear("the caller is in account %q, its ARN %q in another", cut(in.account), cut(u.get("arn").text()))
		return
	}
	switch strings.ToLower(p.kind) {
	case "assumedrole":
		p.roleOf(u, own)
	case "iamuser":
		if name, isUser := strings.CutPrefix(own.resource, "user/"); isARN && (!isUser || name[strings.LastIndexByte(name, '/')+1:] != p.name) {
			g.unclear("the caller is named %q, its ARN is %q", cut(p.name), cut(p.arn))
			return
		}
	case "role":
		p.arn = "" // of the session, not of the role
	default: // told by whatever name there is
		p.name = oneOf(p.name, u.get("onBehalfOf", "userId").text(), p.arn, p.id)
	}
	g.principal(in, p)
}

// invoker is the AWS service that made the call; empty where a principal made it. The console's own sign-in stands
// there too, in the calls that a person makes in the console.
func invoker(u node) string {
	service := u.get("invokedBy").text()
	switch {
	case service == "signin.amazonaws.com":
		return ""
	case service == "" && strings.EqualFold(u.get("type").text(), "AWSService"):
		return oneOf(u.get("principalId").text(), "unnamed")
	}
	return service
}

// roleOf names the role of a session: by who issued it, else by the session's ARN.
func (p *principal) roleOf(u node, session arn) {
	issuer := u.get("sessionContext", "sessionIssuer")
	p.name, p.arn = issuer.get("userName").text(), issuer.get("arn").text()
	if rest, ok := strings.CutPrefix(session.resource, "assumed-role/"); ok && p.name == "" && p.arn == "" && session.service == "sts" {
		p.name, _, _ = strings.Cut(rest, "/")
	}
}
