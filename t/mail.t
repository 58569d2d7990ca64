# E-mails: to files, to a real SMTP server with STARTTLS and login, and to
# servers that are slow, refuse or die.

use utf8;
use lib 't/lib';
use Audience::Exim;
use Audience::Mail;
use Audience::SmtpPeer;
use Audience::Test;

my $csv = "phoneNumber,name\n11987654321,Ana\n11987654322,Bia\n";


# The newest mail job, once it is in one of these states.
sub mail_job
{
    my ($t, $states) = @_;

    return $t->wait_for("a mail job that is $states", sub {
        my ($job) = grep { $_->{type} eq 'mail' }
                    @{ $t->get('/v1/jobs')->{json}{items} };
        $job && $job->{state} =~ /^(?:$states)$/ && $job;
    });
}


sub outbox
{
    my ($t) = @_;
    return map { Audience::Mail->read($_) } glob $t->root . '/outbox/*.eml';
}


# Without a server

my $t = Audience::Test->start;

$t->import_file('clientes é.csv', $csv);
my $job = mail_job($t, 'done');
my ($mail) = outbox($t);

is($mail->{id}, "<$job->{id}\@localhost>", 'the Message-ID is that of the job');
ok(-e $t->root . "/outbox/$job->{id}\@localhost.eml", 'and names the file');
is_deeply([glob $t->root . '/outbox/.*.new'], [], 'nothing half is left');
is($mail->{to}, '<demo@example.com>', 'it goes to who uploaded');
is($mail->{from}, '"Audiences" <audiences@localhost>', 'from the settings');
is($mail->{subject}, 'clientes é.csv foi importado', 'in Portuguese');
is($mail->{language}, 'pt-BR', 'and says so');
is($mail->{header}{'auto-submitted'}[0], 'auto-generated',
   'no holiday notice answers it');
like($mail->{text}, qr/^Olá!\n\n.*2 contatos já podem ser usados/s,
     'the text says what was imported');
like($mail->{html}, qr/2 contatos já podem ser usados/, 'so does the HTML');
like($mail->{text}, qr/não tem a coluna Opt-in/,
     'consent that was assumed is said');
unlike($mail->{raw}, qr/98765/, 'no phone in it');
unlike($mail->{text} . $mail->{html}, qr/98765|Ana|Bia/,
       'nor anything about a contact');

$t->import_file('bad.csv', "phoneNumber,Opt-in\n11987654321,sim\n123,sim\n"
                           . "11987654325,no\n");
mail_job($t, 'done');
($mail) = grep { $_->{subject} =~ /bad/ } outbox($t);
is($mail->{subject}, 'bad.csv foi importado, com 1 linha rejeitada',
   'a rejected row shows in the subject');
like($mail->{text},
     qr/Linhas lidas: 3\n.*Importadas: 1\n.*Rejeitadas: 1\n.*guardadas: 1\n/s,
     'and the counts in the text');
like($mail->{text}, qr/na página de importações/, 'and where the errors stand');

$t->import_file('none.csv', "phoneNumber\n12\n34\n");
mail_job($t, 'done');
($mail) = grep { $_->{subject} =~ /none/ } outbox($t);
is($mail->{subject},
   'none.csv não foi importado: todas as linhas foram rejeitadas',
   'a file of bad rows alone says so');
like($mail->{text}, qr/nenhum contato entrou.*2 linhas têm algum problema/s,
     'in the language of who reads it');
unlike($mail->{text}, qr/Motivo|errors\.csv/, 'and not in that of the log');

# Languages and names

is($t->put('/v1/users/demo@example.com',
           { name => 'Ana Souza', language => 'en' })->{status}, 200,
   'a person chooses English');
$t->import_file('en.csv', $csv);
mail_job($t, 'done');
($mail) = grep { $_->{subject} =~ /en\.csv/ } outbox($t);
is($mail->{subject}, 'en.csv was imported', 'and gets English');
is($mail->{to}, '"Ana Souza" <demo@example.com>', 'by name');
like($mail->{text}, qr/^Hello Ana Souza,\n/, 'greeted by it');

$t->import_file('es.csv', $csv, user => 'maria@example.com',
                headers => { 'Accept-Language' => 'es-MX,es;q=0.9,en;q=0.8' });
$t->wait_for('the e-mail to Maria', sub {
    ($mail) = grep { $_->{to} =~ /maria/ } outbox($t);
});
is($mail->{subject}, 'es.csv se importó',
   'a person seen for the first time gets the language of the browser');

# Users

my $r = $t->get('/v1/users');
is_deeply([map { $_->{id} } @{ $r->{json}{items} }],
          ['demo@example.com', 'maria@example.com'], 'both are listed');
is($r->{json}{items}[1]{language}, 'es', 'with their language');
is($r->{json}{next}, undef, 'and no more');

$r = $t->get('/v1/me', user => 'maria@example.com');
is($r->{json}{language}, 'es', 'who asks finds herself');
$r = $t->get('/v1/me', user => 'robot',
             headers => { 'Accept-Language' => 'en' });
is_deeply([@{ $r->{json} }{qw(id email language)}], ['robot', undef, 'en'],
          '… without a record, too');

$r = $t->get('/v1/users?limit=1');
is($r->{json}{next}, 'demo@example.com', 'a page says where the next begins');
is($t->get("/v1/users?limit=1&cursor=$r->{json}{next}")->{json}{items}[0]{id},
   'maria@example.com', 'and it does');
is_deeply([map { $_->{id} } @{ $t->get('/v1/users?q=SOUZA')->{json}{items} }],
          ['demo@example.com'], 'q finds names');
is($t->get('/v1/users?limit=0')->{status}, 400, 'no page of none');
is_deeply($t->get('/v1/users', tenant => 'other', user => 'x')->{json}{items},
          [], 'another tenant has other users');

is($t->put('/v1/users/ana', { name => 'Ana', email => 'ana@example.com' })
     ->{status}, 201, 'an unknown person is new');
$r = $t->put('/v1/users/ana', { email => undef });
is_deeply([@{ $r->{json} }{qw(name email language)}], ['Ana', undef, 'pt-BR'],
          'what is left out stays, null takes it away');

$r = $t->put('/v1/users/ana', { name => "a\nb", email => 'a@b>,<c@d',
                                language => 'fr', role => 'admin' });
is($r->{status}, 422, 'what cannot be is refused');
is_deeply([sort map { "$_->{type} $_->{pointer}" } @{ $r->{json}{errors} }],
          ['/problems/invalid-email /email',
           '/problems/invalid-language /language',
           '/problems/invalid-name /name',
           '/problems/unknown-member /role'], 'each with its pointer');
is($t->get('/v1/users?q=ana')->{json}{items}[0]{name}, 'Ana',
   'and nothing is changed');

# The address by which people reach nginx

$t->restart_worker('worker.public_url' => 'https://publico.example.com/base/');
my $import = $t->import_file('public.csv', "phoneNumber\n11987654321\n12\n");
mail_job($t, 'done');
($mail) = grep { $_->{subject} =~ /^public/ } outbox($t);
is($mail->link, "https://publico.example.com/base/v1/imports/$import->{id}/errors.csv",
   'the link of the errors begins with public_url');
like($mail->{html}, qr{href="\Q@{[ $mail->link ]}\E"}, 'in HTML as well');

my $made = $t->post('/v1/audiences', { name => 'Publico',
                                       filter => { all => [] } })->{json};
my $public = $t->wait_export(
    $t->post("/v1/audiences/$made->{id}/exports", {})->{json}{id});
mail_job($t, 'done');
$mail = $t->wait_for('the e-mail', sub {
    (grep { $_->{subject} =~ /Publico/ } outbox($t))[0] });
like($mail->link, qr{^https://publico\.example\.com/base/e/[\w-]+$},
     'so does that of an export');
is($mail->link, $public->{url}, 'as the API gives it');
like($mail->{html}, qr{href="\Q$public->{url}\E"}, 'and HTML');
$t->restart_worker('worker.public_url' => '');

# A real server

my $exim = Audience::Exim->start;

$t->restart_worker($exim->settings);
$t->put('/v1/users/demo@example.com', { language => 'pt-BR', name => 'João' });
$t->import_file('exim.csv', $csv);
mail_job($t, 'done');
$mail = $t->wait_for('exim to deliver', sub { ($exim->messages)[0] });

is($mail->{subject}, 'exim.csv foi importado', 'exim delivers it');
is($mail->{to}, 'João <demo@example.com>', 'to the person');
is($mail->{from}, 'Audiências <audiences@example.test>', 'from the settings');
like($mail->{head}, qr/^Return-path: <audiences\@example.test>$/m,
     'bounces go back to the sender');
like($exim->log, qr/X=TLS1\.[23].*A=(plain|login):audiences/,
     'encrypted and logged in');

my $audience = $t->post('/v1/audiences', { name => 'Todos & <todas>',
                                           filter => { all => [] } });
my $export = $t->post("/v1/audiences/$audience->{json}{id}/exports");
$export = $t->wait_export($export->{json}{id});
mail_job($t, 'done');
$t->wait_for('exim to deliver', sub { $exim->messages == 2 });
($mail) = grep { $_->{subject} =~ /Todos/ } $exim->messages;

is($mail->{subject}, 'Sua audiência “Todos & <todas>” está pronta para baixar',
   'the export is announced');
is($mail->link, $export->{url}, 'with the link that the API gives');
like($mail->{html}, qr/href="\Q$export->{url}\E"/, 'in HTML as well');
like($mail->{html}, qr/“Todos &amp; &lt;todas&gt;”/, 'where names are escaped');
like($mail->{text}, qr/vale por 48 horas, até \d+ de \w+ de 20\d\d, às \d+h\d\d/,
     'and says until when');
like($t->get($mail->link)->{text}, qr/^phoneNumber.*\+5511987654321/s,
     'the link gives the file');

$t->restart_worker($exim->settings(tls => 'implicit'));
$t->import_file('implicit.csv', $csv);
mail_job($t, 'done');
$t->wait_for('exim to deliver', sub { $exim->messages == 3 });
like($exim->log, qr/:$exim->{tls_port} .*X=TLS1\.[23].*A=\w+:audiences/,
     'TLS from the start works too');

# What must not be sent

my %twice = ('worker.job_max_attempts' => 2);

$t->restart_worker($exim->settings, %twice, 'mail.smtp_ca' => '');
$t->import_file('untrusted.csv', $csv);
$job = mail_job($t, 'dead');
is($job->{attempts}, 2, 'an unknown certificate is tried again');
like($job->{error}, qr/certificate/i, 'and named');

$t->restart_worker($exim->settings(password => 'wrong'), %twice,
                   'mail.smtp_ca' => "$exim->{dir}/cert.pem");
$t->import_file('password.csv', $csv);
$job = mail_job($t, 'dead');
is($job->{attempts}, 2, 'so is a refused login');
like($job->{error}, qr/refused the login \(535\)/, 'and named');

$t->restart_worker($exim->settings, %twice);
is($t->post("/v1/jobs/$job->{id}/retry")->{status}, 202,
   'once the password is right, a person retries');
is($t->wait_job($job->{id})->{state}, 'done', 'and the e-mail goes out');

$t->import_file('refused.csv', $csv, user => 'refused@example.com');
$job = mail_job($t, 'dead');
is($job->{attempts}, 1, 'a recipient that is refused for good is not retried');
like($job->{error}, qr/refused the message \(550\)/, 'and the job says so');
unlike($t->worker_log, qr/refused\@example/, 'the log names nobody');

$t->import_file('busy.csv', $csv, user => 'busy@example.com');
$job = mail_job($t, 'dead');
is($job->{attempts}, 2, 'one that is busy is');

$t->wait_for('exim to deliver', sub { $exim->messages == 4 });
is(scalar $exim->messages, 4, 'nothing else was delivered');
$exim->stop;

# Servers that misbehave

sub peer
{
    my ($attempts, @behaviours) = @_;

    my $peer = Audience::SmtpPeer->start(@behaviours);
    $t->restart_worker($peer->settings, 'mail.smtp_user' => '',
                       'mail.smtp_ca' => '', 'mail.smtp_password_file' => '',
                       'worker.job_max_attempts' => $attempts);
    $t->import_file('peer.csv', $csv);
    return $peer;
}


sub message_ids
{
    my ($peer) = @_;
    return map { $_->{received} =~ /^Message-ID: (\S+)/m ? $1 : () }
           $peer->dialogues;
}


my $peer = peer(5, 'hangs up', 'is busy', 'dies in the message',
                'dies before its answer', 'is busy afterwards', 'takes it');
$job = mail_job($t, 'dead');
is($job->{attempts}, 5, 'five troubles are five attempts');
is($t->post("/v1/jobs/$job->{id}/retry")->{status}, 202, 'a person retries');
is($t->wait_job($job->{id})->{state}, 'done', 'and it goes out');
my @ids = $t->wait_for('the peer', sub { my @i = message_ids($peer);
                                         @i == 4 && \@i })->@*;
is_deeply([@ids], [("<$job->{id}\@example.test>") x 4],
          'all of them the same message');

for my $behaviour ('knows nobody', 'wants no spam') {
    $peer = peer(5, $behaviour);
    is(mail_job($t, 'dead')->{attempts}, 1, "a server that $behaviour is final");
}

$peer = peer(1, 'is silent');
$job = mail_job($t, 'dead');
like($job->{error}, qr/took too long/, 'a silent server is not waited for');

$peer = peer(1, 'waits');
$t->wait_for('the message to arrive', sub { message_ids($peer) });
is($t->get('/v1/users')->{status}, 200,
   'while a server takes its time the worker answers others');
is(mail_job($t, '\w+')->{state}, 'running', 'and its job runs');
$peer->go_on;
is(mail_job($t, 'done|dead')->{state}, 'done', 'until it has answered');

# The worker dies while the server has the message and has not answered.
$peer = peer(5, 'waits', 'takes it');
$job = mail_job($t, 'running');
$t->wait_for('the message to arrive', sub { message_ids($peer) });
$t->kill_worker;
$t->start_worker;
is($t->wait_job($job->{id})->{state}, 'done', 'a killed worker sends it again');
$t->wait_for('the peer', sub { message_ids($peer) == 2 });
is_deeply([message_ids($peer)], [("<$job->{id}\@example.test>") x 2],
          'as the same message');

# A server without STARTTLS gets neither the login nor the message.
$peer = peer(1, 'takes it');
mail_job($t, 'done');
$t->restart_worker($peer->settings, 'mail.smtp_tls' => 'starttls',
                   'mail.smtp_user' => 'audiences',
                   'mail.smtp_password_file' => $t->write_file('pw', "geheim\n", 0600));
$t->import_file('plain.csv', $csv);
like(mail_job($t, 'dead')->{error}, qr/offers no STARTTLS/,
     'STARTTLS is insisted on');
my ($first, $second) = $t->wait_for('both dialogues', sub {
    my @all = $peer->dialogues; @all == 2 && \@all })->@*;
unlike($second->{received}, qr/AUTH|MAIL|plain\.csv/,
       'and nothing goes out in the clear');
$peer->stop;

$t->finish;
