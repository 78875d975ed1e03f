package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"html/template"
	"net"
	netmail "net/mail"
	"net/textproto"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"parry"
)

// mailbox sends e-mail over SMTP, as text and as HTML. All that is told of one response is one thread.
type mailbox struct {
	host, from string
	to         []string
	options    []mail.Option
	tls        *tls.Config
	implicit   bool // TLS from the first byte on
	now        func() time.Time
}

// mailSubject is how long a subject is, in characters: what is longer is cut off where it is listed anyway.
const mailSubject = 150

func mailType() channelType {
	return channelType{
		name: "email", doc: "e-mail over SMTP",
		fields: []field{
			{name: "host", form: aText, need: true, doc: "the mail server"},
			{name: "port", form: aNumber, doc: "587 where it is not set, and 465 with tls: implicit"},
			{name: "tls", form: aText, oneOf: []string{"starttls", "implicit", "none"}, doc: "starttls, which is so where it is not set, implicit, or none, for a server on this machine only"},
			{name: "ca", form: aText, doc: "a file of PEM certificates to trust in the place of the system's"},
			{name: "user", form: aText, doc: "who signs in; without it nobody does"},
			{name: "password", form: aSecret, doc: "the password"},
			{name: "from", form: aText, need: true, doc: "the sender's address"},
			{name: "to", form: texts, need: true, doc: "the addresses that are told"},
		},
		open: openMail,
	}
}

func openMail(v values, o opening) (Channel, error) {
	m := &mailbox{host: v.text["host"], to: v.texts["to"], now: o.now, implicit: v.text["tls"] == "implicit"}
	for _, a := range append([]string{v.text["from"]}, m.to...) {
		if _, err := netmail.ParseAddress(a); err != nil || strings.ContainsAny(a, "\r\n") {
			return nil, parry.Errorf(parry.Invalid, "%q is no address", a)
		}
	}
	m.from = v.text["from"]
	if (v.text["user"] == "") != (v.text["password"] == "") {
		return nil, parry.Errorf(parry.Invalid, "user and password go together: one is set and the other is not")
	}
	if v.text["tls"] == "none" && !onThisMachine(m.host) {
		return nil, parry.Errorf(parry.Invalid, "tls: none is for a mail server on this machine only: %s is another", m.host)
	}
	m.tls = &tls.Config{ServerName: m.host, MinVersion: tls.VersionTLS12}
	if file := v.text["ca"]; file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, parry.Errorf(parry.Invalid, "ca: %w", err)
		}
		m.tls.RootCAs = x509.NewCertPool()
		if !m.tls.RootCAs.AppendCertsFromPEM(pem) {
			return nil, parry.Errorf(parry.Invalid, "ca: %s has no PEM certificate", file)
		}
	}
	port, policy := v.number["port"], mail.TLSMandatory
	switch {
	case port == 0 && m.implicit:
		port = 465
	case port == 0:
		port = 587
	}
	if v.text["tls"] == "none" || m.implicit {
		policy = mail.NoTLS // there is nothing to begin: it is encrypted already, or never
	}
	m.options = []mail.Option{mail.WithPort(port), mail.WithTimeout(callWithin), mail.WithTLSPolicy(policy), mail.WithTLSConfig(m.tls)}
	if m.implicit {
		m.options = append(m.options, mail.WithSSL())
	}
	if v.text["user"] != "" {
		auth := mail.SMTPAuthPlain
		if policy == mail.TLSMandatory {
			auth = mail.SMTPAuthAutoDiscover // the best that the server offers
		}
		m.options = append(m.options, mail.WithSMTPAuth(auth), mail.WithUsername(v.text["user"]), mail.WithPassword(v.text["password"]))
	}
	_, err := mail.NewClient(m.host, m.options...)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "%w", err)
	}
	return m, nil
}

// Tell implements Channel. The ref is the Message-ID of the first, which all further ones answer. The same news has the same Message-ID, by which mail
// servers and readers know one that comes twice.
func (m *mailbox) Tell(ctx context.Context, n News, ref string) (string, error) {
	return m.send(ctx, messageOf(n, m.now()), titleOf(n.Response), newsID(n), ref)
}

// TellStorm implements Channel.
func (m *mailbox) TellStorm(ctx context.Context, s Storm, ref string) (string, error) {
	return m.send(ctx, stormMessage(s), fmt.Sprintf("many at once of rule %s", clean(s.Rule)), stormID(s), ref)
}

func (m *mailbox) send(ctx context.Context, what message, subject, id, ref string) (string, error) {
	letter := mail.NewMsg()
	if err := errors.Join(letter.From(m.from), letter.To(m.to...)); err != nil {
		return ref, parry.Errorf(parry.Invalid, "an address is not taken: %w", err)
	}
	from, err := netmail.ParseAddress(m.from)
	if err != nil {
		return ref, parry.Errorf(parry.Invalid, "%w", err)
	}
	id += "@" + from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	letter.SetMessageIDWithValue(id)
	letter.SetDateWithValue(m.now())
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // nobody's absence is to answer it. Source: RFC 3834, section 5
	subject = cut("Parry: "+subject, mailSubject)
	if ref != "" {
		// Source: RFC 5322, section 3.6.4.
		letter.SetGenHeader(mail.HeaderInReplyTo, "<"+ref+">")
		letter.SetGenHeader(mail.HeaderReferences, "<"+ref+">")
		subject = "Re: " + subject
	} else {
		ref = id
	}
	letter.Subject(subject)
	letter.SetBodyString(mail.TypeTextPlain, what.text()+"\n")
	page, err := pageOf(what)
	if err != nil {
		return "", parry.Errorf(parry.Invalid, "the mail cannot be written: %w", err)
	}
	letter.AddAlternativeString(mail.TypeTextHTML, page)
	client, err := mail.NewClient(m.host, slices.Concat(m.options, []mail.Option{mail.WithDialContextFunc(m.dial(ctx))})...)
	if err != nil {
		return ref, parry.Errorf(parry.Invalid, "%w", err)
	}
	if err = client.DialAndSendWithContext(ctx, letter); letter.IsDelivered() {
		return ref, nil // whatever the end of the conversation was
	}
	return ref, mailFailed(err)
}

// dial connects for as long as a context lives, and no longer: the rest of the conversation does not look at it.
func (m *mailbox) dial(ctx context.Context) mail.DialContextFunc {
	return func(within context.Context, network, address string) (net.Conn, error) {
		var d interface {
			DialContext(ctx context.Context, network, address string) (net.Conn, error)
		} = &net.Dialer{}
		if m.implicit {
			d = &tls.Dialer{Config: m.tls}
		}
		conn, err := d.DialContext(within, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
}

// mailFailed is a failure in our kinds: 5yz is for ever, 4yz and all else for now. Source: RFC 5321, section 4.2.1.
func mailFailed(err error) error {
	if err == nil {
		return nil
	}
	code := 0
	var sent *mail.SendError
	var said *textproto.Error
	switch {
	case errors.As(err, &said):
		code = said.Code
	case errors.As(err, &sent):
		code = sent.ErrorCode()
	}
	text := clean(cut(err.Error(), 300))
	switch {
	case code == 530 || code == 534 || code == 535 || code == 538:
		return parry.Errorf(parry.Refused, "the mail server does not let us in: %s", text).WithHint("look at user and password of the channel")
	case code/100 == 5:
		return parry.Errorf(parry.Refused, "the mail server refuses it: %s", text)
	}
	return parry.Errorf(parry.Fault, "the mail server has not taken it: %s", text)
}

// pageOf is a message as HTML, in which all that is foreign is text.
func pageOf(m message) (string, error) {
	t, err := template.New("mail").Parse(mailPage)
	if err != nil {
		return "", err
	}
	type change struct{ What, Before, After, Undo string }
	type row struct{ Name, Value string }
	data := struct {
		Headline, Title, Reason, Link string
		Facts, Ending                 []row
		Changes                       []change
		More                          int
	}{Headline: m.headline, Title: m.title, Reason: m.reason, Link: m.link, More: m.more}
	for _, f := range m.facts {
		data.Facts = append(data.Facts, row{f.name, f.value})
	}
	for _, f := range m.ending() {
		data.Ending = append(data.Ending, row{f.name, f.value})
	}
	for _, c := range m.changes {
		data.Changes = append(data.Changes, change{c.what, c.before, c.after, c.undo})
	}
	var b strings.Builder
	err = t.Execute(&b, data)
	return b.String(), err
}

const mailPage = `<!doctype html>
<html lang="en"><body style="font-family:sans-serif;max-width:44em">
<h2>{{.Headline}}</h2>
<p><strong>{{.Title}}</strong></p>
{{with .Reason}}<p>{{.}}</p>{{end}}
<table>{{range .Facts}}<tr><th align="left">{{.Name}}</th><td>{{.Value}}</td></tr>{{end}}</table>
{{with .Changes}}<ul>{{range .}}<li>{{.What}}{{if .After}}<br><code>{{.Before}}</code> → <code>{{.After}}</code>{{end}}{{with .Undo}}<br><em>{{.}}</em>{{end}}</li>{{end}}</ul>{{end}}
{{with .More}}<p>and {{.}} more</p>{{end}}
<table>{{range .Ending}}<tr><th align="left">{{.Name}}</th><td>{{.Value}}</td></tr>{{end}}</table>
{{with .Link}}<p><a href="{{.}}">Open it in the console</a></p>{{end}}
</body></html>
`
