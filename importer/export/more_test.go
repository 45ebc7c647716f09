package export

import "testing"

// More shapes: those that were tried to do harm.
var harms = []shape2{
	{name: "company column called Kontakt", file: "Kontakt;E-Mail\nAcme GmbH;info@acme.example\nBlau AG;post@blau.example\nGrün KG;mail@gruen.example\n", refused: "companies"},
	{name: "two columns agree nearly as often", file: "Name,Contact name,Email\nAnn Lee,Bo Berg,ann.berg@example.com\nCy Dahl,Di Eck,cy.eck@example.com\nEd Fox,Fay Go,ed@example.com\n", refused: "hold different names"},
	{name: "two columns of one name, in capitals and with gaps", file: "Name,Display name,Email\nAnn Lee,,ann@example.com\nBo Berg,BO BERG,bo@example.com\n", people: "ann@example.com=Ann Lee|bo@example.com=BO BERG"},
	{name: "supervisor only", file: "Email,Supervisor Name\nann@example.com,Bo Berg\ncy@example.com,Bo Berg\n", people: "ann@example.com=ann@example.com|cy@example.com=cy@example.com"},
	{name: "manager's names with no own", file: "Email,Manager\nann@example.com,Bo Berg\n", people: "ann@example.com=ann@example.com"},
	{name: "product name", file: "Product name,Email\nBlue Lamp,ann@example.com\nRed Chair,bo@example.com\n", refused: "name="},
	{name: "company name and first last", file: "Company name,First name,Last name,Email\nAcme,Ann,Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "account name and contact", file: "Account Name,Contact,Contact Email\nAcme,Ann Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "ticket export", file: "Ticket ID,Subject,Requester,Requester email,Assignee\n1,Printer broken,Ann Lee,ann@example.com,Paula Agent\n2,No mail,Bo Berg,bo@example.com,Paula Agent\n", people: "ann@example.com=Ann Lee|bo@example.com=Bo Berg"},
	{name: "orders, billing and shipping", file: "Order,Billing Name,Billing Email,Shipping Name\n1,Ann Lee,ann@example.com,Bo Berg\n2,Cy Dahl,cy@example.com,Di Eck\n", people: "ann@example.com=Ann Lee|cy@example.com=Cy Dahl"},
	{name: "shopify", file: "First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Phone\nAnn,Lee,ann@example.com,yes,Acme,\n", people: "ann@example.com=Ann Lee"},
	{name: "mailchimp", file: "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,LEID,EUID,NOTES,TAGS\nann@example.com,Ann,Lee,2,,1,2,,\n", people: "ann@example.com=Ann Lee"},
	{name: "stripe", file: "id,Email,Name,Description,Created (UTC)\ncus_1,ann@example.com,Ann Lee,x,2024\n", people: "ann@example.com=Ann Lee"},
	{name: "moodle", file: "username,firstname,lastname,email,institution\nalee,Ann,Lee,ann@example.com,X\n", people: "ann@example.com=Ann Lee"},
	{name: "nextcloud", file: "uid,displayname,email,quota\nalee,Ann Lee,ann@example.com,5\n", people: "ann@example.com=Ann Lee"},
	{name: "gitlab", file: "Name,Username,Email,State\nAnn Lee,alee,ann@example.com,active\n", people: "ann@example.com=Ann Lee"},
	{name: "slack", file: "username,email,status,billing-active,has-2fa,has-sso,userid,fullname,displayname\nalee,ann@example.com,Member,1,0,0,U1,Ann Lee,annie\n", people: "ann@example.com=Ann Lee"},
	{name: "sap", file: "Geschäftspartner;Name 1;Name 2;E-Mail-Adresse\n1;Acme;GmbH;info@acme.example\n", refused: "'name=Name"},
	{name: "numbered emails", file: "Name,Email1,Email2\nAnn Lee,ann@example.com,ann@example.net\n", people: "ann@example.com=Ann Lee"},
	{name: "swapped header words", file: "Email Name,Email Address\nAnn Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "email, told column by number", file: "Ann Lee;ann@example.com\nBo Berg;bo@example.com\n", options: Options{NoHeader: true, Columns: map[Field]string{Name: "1"}}, people: "ann@example.com=Ann Lee|bo@example.com=Bo Berg"},
	{name: "Hebrew", file: "שם פרטי,שם משפחה,דוא\"\"ל\nשרה,כהן,sara@example.com\n", people: "sara@example.com=שרה כהן"},
	{name: "Thai", file: "ชื่อ,นามสกุล,อีเมล\nสมชาย,ใจดี,somchai@example.com\n", people: "somchai@example.com=สมชาย ใจดี"},
	{name: "Ukrainian", file: "Прізвище;Ім'я;Електронна пошта\nШевченко;Тарас;taras@example.ua\n", people: "taras@example.ua=Тарас Шевченко"},
	{name: "Bulgarian", file: "Име;Фамилия;Имейл\nИван;Петров;ivan@example.bg\n", people: "ivan@example.bg=Иван Петров"},
	{name: "Croatian", file: "Ime;Prezime;E-mail\nAna;Horvat;ana@example.hr\n", people: "ana@example.hr=Ana Horvat"},
	{name: "Danish", file: "Fornavn;Efternavn;E-mailadresse\nAnna;Møller;anna@example.dk\n", people: "anna@example.dk=Anna Møller"},
	{name: "Italian", file: "Cognome e nome;Posta elettronica\nRossi Anna;anna@example.it\n", people: "anna@example.it=Rossi Anna"},
	{name: "Spanish capitals", file: "NOMBRE;APELLIDOS;CORREO ELECTRÓNICO\nANA;LÓPEZ;ana@example.es\n", people: "ana@example.es=ANA LÓPEZ"},
	{name: "Brazil", file: "Nome Completo;E-mail;Gestor;E-mail do gestor\nAna Silva;ana@example.br;Bo;bo@example.br\n", people: "ana@example.br=Ana Silva"},
	{name: "second e-mail column of an agent", file: "Nom;E-mail;Agent;E-mail agent\nAnn Lee;ann@example.com;Bo;bo@example.net\n", people: "ann@example.com=Ann Lee"},
	{name: "address is the login, preset none", file: "\"DistinguishedName\",\"Name\",\"UserPrincipalName\"\n\"CN=x\",\"Ann Lee\",\"ann@example.com\"\n", options: Options{Preset: "none"}, refused: "email=UserPrincipalName"},
	{name: "duplicate header, one empty", file: "Name,Email,Email\nAnn Lee,,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "surnames and companies that fill each other's gaps", file: "Name (Unternehmen);Name (Person);Vorname (Person);E-Mail\nMüller GmbH;;;info@example.com\n;Groß;Jürgen;j.gross@example.com\n", people: "info@example.com=Müller GmbH|j.gross@example.com=Jürgen Groß"},
	{name: "numbers in Name", file: "Name,Email\n1001,ann@example.com\n1002,bo@example.com\n1003,cy@example.com\n10/4,di@example.com\n10/5 b,ed@example.com\n", refused: "seems to hold no names"},
	{name: "parts of two people", file: "Student First Name,Teacher Last Name,Email\nAnn,Berg,ann@example.com\nBo,Dahl,bo@example.com\n", people: "ann@example.com=Ann|bo@example.com=Bo"},
	{name: "title line with mail word", file: "E-mail list of customers\nName,Email\nAnn Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "title line of several cells", file: "Report,E-mail contacts,2024\nName,Email,Since\nAnn Lee,ann@example.com,1\n", people: "ann@example.com=Ann Lee"},
	{name: "family name in brackets", file: "Name,Email\nLee (Ann),ann@example.com\n", people: "ann@example.com=Lee (Ann)"},
	{name: "blank names", file: "Name,Email\n ,ann@example.com\n", people: "ann@example.com=ann@example.com"},
	{name: "name is the address only", file: "Name,Email\nann@example.com,ann@example.com\nbo@example.com,bo@example.com\n", people: "ann@example.com=ann@example.com|bo@example.com=bo@example.com"},
	{name: "nickname and full name", file: "Nickname,Full Name,Email\nannie,Ann Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "preferred name", file: "Preferred Name,First Name,Last Name,Email\nAnnie,Ann,Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "legal name", file: "Legal Name,Email\nAnn Lee,x9@example.com\nBo Berg,x8@example.com\n", refused: "name=Legal Name"},
	{name: "department names", file: "Department Name,Email\nSales East,x9@example.com\nSales West,x8@example.com\n", people: "x9@example.com=x9@example.com|x8@example.com=x8@example.com"},
	{name: "jira cloud", file: "User id,User name,email,User status\n7,Ann Lee,ann@example.com,Active\n", people: "ann@example.com=Ann Lee"},
}

func TestHarms(t *testing.T) {
	for _, c := range harms {
		t.Run(c.name, c.run)
	}
}
