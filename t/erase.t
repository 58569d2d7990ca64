# A person is erased: gone from the whole data folder, everybody else is there,
# and no file and no backup brings the person back.

use lib 't/lib';
use Audience::Test;

use File::Find ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11',
                                          'worker.retry_base_ms' => 50 });


# What tells Ana from everybody else, as it was written or as it is stored.
my %ana = (
    phone    => '72583641',
    document => '52998224725',
    written  => '529.982.247-25',
    email    => 'wxkqana',
    name     => 'Zwykana',
    text     => 'gosta de jpvqzrubi',
);


# Files below the data root that hold a text.
sub files_with
{
    my ($text) = @_;
    my @found;

    File::Find::find({ no_chdir => 1, wanted => sub {
        return unless -f $_;
        open my $fh, '<:raw', $_ or return;
        local $/;
        push @found, substr $_, 1 + length $t->root
            if index(<$fh>, $text) >= 0;
    } }, $t->root);
    return @found;
}


sub traces { map { my $what = $_; map { "$what: $_" } files_with($ana{$what}) }
             sort keys %ana }


sub people
{
    my (%who) = @_;
    my $found = $t->query({ all => [] }, limit => 1000, %who);

    return { map { $_->{fields}{name} // $_->{fields}{phoneNumber} => $_ }
             @{ $found->{profiles} } };
}


sub profile_of
{
    my ($phone) = @_;
    return $t->get("/v1/profiles?phone=$phone")->{json}{items}[0]{id};
}


sub erase
{
    my ($id, %opt) = @_;

    my $r = $t->delete("/v1/profiles/$id", user => 'dpo@example.com', %opt);
    is($r->{status}, 202, 'a person is to be erased') or diag($r->{text});
    my $job = $t->wait_job($r->{json}{job});
    is($job->{state}, 'done', 'and is') or diag($job->{error});
    $t->wait_visible;
    return $r;
}


my $crm = "phoneNumber,name,email,taxDocument,nota\n"
          . "(11) 97258-3641,Zwykana Souza,WXKQana\@x.com,529.982.247-25,"
          . "gosta de jpvqzrubi\n"
          . "11987654322,Bia,bia\@x.com,,calma\n"
          . "11987654323,Caio,,111.444.777-35,forte\n";

my $first = $t->import_file('crm.csv', $crm);
my $second = $t->import_file('loja.csv', "phoneNumber,name,email,time\n"
    . "11987654322,Bia,,Bahia\n,Zwykana,wxkqana\@x.com,Vasco\n"
    . "11987654324,Davi,,Bahia\n");
my $errors = $t->import_file('erros.csv', "phoneNumber,name,email\n"
    . "12,Zwykana,wxkqana\@x.com\n12,Enzo,enzo\@x.com\n11987654325,Enzo,\n");
$t->restart_worker;                         # tables, besides the log

is(people()->{'Zwykana'}{fields}{time}, 'Vasco', 'Ana is known');
my $ana = profile_of('11972583641');
ok(scalar(traces()), 'and can be found in the data folder');
like(join(' ', traces()), qr/$_: /, "by $_") for sort keys %ana;

my $r = erase($ana);
is($r->{headers}{location}, "/v1/jobs/$r->{json}{job}", 'its job is told');
is_deeply([traces()], [], 'nothing of Ana is left');
is($t->get("/v1/profiles/$ana")->{status}, 404, 'nobody answers for the id');
is_deeply([sort keys %{ people() }], [qw(Bia Caio Davi Enzo)],
          'everybody else is there');



# --- the audit trail ----------------------------------------------------------

my $entry = $t->get("/v1/audit/$r->{json}{id}")->{json};
is($entry->{state}, 'done', 'the audit trail says that it is done');
is($entry->{by}, 'dpo@example.com', '… who asked');
is($entry->{profile}, $ana, '… for which profile');
is($entry->{records}, 2, '… how many records there were');
like($entry->{done_at}, qr/^20.*Z$/, '… and when it was done');
is(keys %$entry, 9, '… and nothing else');
is_deeply([map { $_->{id} } @{ $t->get('/v1/audit')->{json}{items} }],
          [$entry->{id}], 'it is listed');
is(@{ $t->get('/v1/audit?q=dpo')->{json}{items} }, 1, '… by who asked');
is(@{ $t->get('/v1/audit?to=2020-01-01')->{json}{items} }, 0, '… by time');
is(@{ $t->get('/v1/audit', tenant => 'other')->{json}{items} }, 0,
   '… to this tenant alone');
is($t->get("/v1/audit/$entry->{id}", tenant => 'other')->{status}, 404,
   '… as the entry itself');
is($t->delete("/v1/profiles/$ana")->{status}, 404, 'there is nobody to erase');
is($t->delete('/v1/profiles/prf_none')->{status}, 404, '… nor here');
is($t->delete('/v1/profiles/' . profile_of('11987654322'),
              tenant => 'other')->{status}, 404, "another tenant's");


# --- no file brings the person back -------------------------------------------

is($t->get("/v1/imports/$first->{id}")->{json}{rows}{erased}, 1,
   'the import says that a row was erased');
is($t->get("/v1/imports/$first->{id}")->{json}{rows}{imported}, 2,
   '… and how many are there');

my $again = $t->import_file('crm.csv', $crm);
is_deeply($again->{rows}, { read => 3, imported => 2, rejected => 0,
                            refused_opt_in => 0, lost_identifiers => 0,
                            erased => 1 }, 'the file comes again without Ana');
$again = $t->import_file('mais.csv', "phoneNumber,name,email,taxDocument\n"
    . "11972583641,,,\n"                          # the bare number
    . "1172583641,zwykana s.,,\n"                 # without the ninth digit
    . ",Outra,,52998224725\n"                     # the document, whatever name
    . ",Zwykana,WXKQANA\@X.COM,\n"
    . "12,Zwykana,wxkqana\@x.com,\n"              # rejected for its phone
    . "\"a\"b,Zwykana,wxkqana\@x.com,\n"          # … for its form
    . "11972583641,Zwykana\n"                     # … for its cells
    . "11972583641,Kin Souza,,\n");               # a relative of the same phone
is_deeply([@{ $again->{rows} }{qw(read imported rejected erased)}],
          [8, 1, 0, 7], 'nor in any other form');
is_deeply([grep { !/^phone: / } traces()], [], '… anywhere');
ok(people()->{'Kin Souza'}, 'who shares the phone is somebody else');
$again = $t->post('/v1/extras', '{"phone": "11972583641", "extras": {"a": 1}}'
    . "\n" . '{"email": "wxkqana@x.com", "extras": {"a": 1}}' . "\n",
    type => 'application/x-ndjson');
is($again->{status}, 202, 'what names the phone alone comes in') or diag($again->{text});
$again = $t->wait_import($again->{json}{id});
is_deeply([@{ $again->{rows} }{qw(imported erased)}], [1, 1],
          '… as of who has it now');
is($t->get("/v1/imports/$again->{id}/errors.csv")->{text} =~ tr/\n//, 1,
   'no row stands among the errors');
erase(profile_of('11972583641'));
is_deeply([traces()], [], 'and is erased likewise');


# --- a worker that is killed meanwhile ----------------------------------------

my $n = 0;

for my $point (qw(erase:true erase:listed erase:spooled erase:rewritten
                  erase:revoked erase:purged resolve:started resolve:prepared
                  resolve:committed resolve:returned))
{
    my $who = 'kqzvbwxj' . $n++;                # somebody else each time
    my $phone = '119' . (83457261 + 1013 * $n);

    $t->import_file('mais.csv', "phoneNumber,name,email,nota\n"
        . "$phone,$who Lima,$who\@x.com,tmwlk $who\n11987654322,Bia,,\n");
    my $audience = $t->post('/v1/audiences', { name => "All $n",
                            filter => { all => [] } })->{json};
    my $export = $t->post("/v1/audiences/$audience->{id}/exports", {})->{json};
    is($t->wait_export($export->{id})->{state}, 'done', 'an export');
    my $id = profile_of($phone);

    $t->stop_worker;
    $t->start_worker(env => { AUDIENCE_FAULT => $point });
    $r = $t->delete("/v1/profiles/$id");
    is($r->{status}, 202, "killed at $point") or diag($r->{text});
    $t->reap('worker', 120) // die "the worker lives\n";
    $t->start_worker;
    is($t->wait_job($r->{json}{job})->{state}, 'done', '… it is done yet');
    $t->wait_visible;
    is_deeply([files_with($who), files_with(substr $phone, 3)], [],
              '… and nothing is left');
    is($t->get("/v1/exports/$export->{id}")->{json}{state}, 'revoked',
       '… nor the export');
    is($t->get("/v1/audit/$r->{json}{id}")->{json}{state}, 'done',
       '… as the audit trail says');
    is_deeply([sort keys %{ people() }], [qw(Bia Caio Davi Enzo)],
              '… and everybody else is there');
}


# --- imports that run, that wait, that failed ---------------------------------

# An import is held while it runs; behind it the erasure, and another import.
$t->import_file('eva.csv', "phoneNumber,name\n11934567812,Evqzpwk\n");
my $eva = profile_of('11934567812');
$t->hold_jobs('import:started');
my $running = $t->upload('um.csv', "phoneNumber,name,nota\n"
    . "11934567812,Evqzpwk,um\n11987654322,Bia,um\n")->{json};
$r = $t->delete("/v1/profiles/$eva");
is($r->{status}, 202, 'an erasure behind an import that runs');
my $same = $t->delete("/v1/profiles/$eva");
is($same->{json}{job}, $r->{json}{job}, '… asked for twice is the same job');
is($same->{headers}{location}, "/v1/jobs/$r->{json}{job}", '… as it says');
my $waiting = $t->upload('dois.csv', "phoneNumber,name,nota\r\n"
    . "11934567812,Evqzpwk,\"dois\r\nlinhas\"\r\n"
    . "12,Zeca,\r\n11987654322,Bia,dois\r\n")->{json};
my $lines = $t->post('/v1/extras', join("\n",
    '{"phone": "11934567812", "extras": {"a": "rqzwkevx"}}',
    '{"phone": "12", "extras": {"a": 2}}',
    '{"phone": "11987654322", "extras": {"a": 3}}', ''),
    type => 'application/x-ndjson')->{json};
my $rows = $t->upload('x.csv', "nota;Phone\nrqzwkevy;11934567812\n2;12\n"
                      . "3;11987654322\n", args => 'kind=extras')->{json};
$t->release_jobs;
is($t->wait_import($running->{id})->{state}, 'succeeded',
   'what was before it goes in');
is($t->wait_job($r->{json}{job})->{state}, 'done', '… and goes with her');
my $second_import = $t->wait_import($waiting->{id});
is_deeply([@{ $second_import->{rows} }{qw(imported rejected erased)}],
          [1, 1, 0], '… what waited behind it has lost her row');
is_deeply([@{ $t->get("/v1/imports/$running->{id}")->{json}{rows} }
           {qw(imported erased)}], [1, 1], '… as the first has by now');
$lines = $t->wait_import($lines->{id});
is_deeply([@{ $lines->{rows} }{qw(imported rejected erased)}], [1, 1, 0],
          '… and lines of JSON leave her out likewise');
like($t->get("/v1/imports/$lines->{id}/errors.csv")->{text}, qr/^2,/m,
     '… where others keep their lines');
$rows = $t->wait_import($rows->{id});
is_deeply([@{ $rows->{rows} }{qw(imported rejected erased)}], [1, 1, 0],
          '… and so does a file of extras');
like($t->get("/v1/imports/$rows->{id}/errors.csv")->{text}, qr/^3,Phone/m,
     '… where others keep theirs, too');
is_deeply([map { files_with($_) } 'Evqzpwk', 'rqzwkevx', 'rqzwkevy'], [],
          'nothing is left');
$t->restart_worker;

# One that failed keeps its file, for who tries again.
$t->import_file('eva.csv', "phoneNumber,name\n11934567899,Fkqzpwk\n");
my $fia = profile_of('11934567899');
$t->restart_worker('worker.job_max_attempts' => 1);
$t->stop_worker;
$t->start_worker(env => { AUDIENCE_FAULT => 'import:prepared' });
my $failed = $t->upload('fia.csv', "phoneNumber,name,nota\n"
    . "12,Zeca,\n11934567899,Fkqzpwk,\"a\nb\"\n11987654327,Gil,x\n")->{json};
$t->reap('worker', 120) // die "the worker lives\n";
$t->start_worker;
is($t->wait_import($failed->{id})->{state}, 'failed', 'an import failed');
ok(scalar(grep { m{^spool/} } files_with('Fkqzpwk')), '… its file is kept');
erase($fia);
is_deeply([files_with('Fkqzpwk')], [], '… without the person now');
is($t->post("/v1/jobs/$failed->{job}/retry", {})->{status}, 202,
   'it is tried again');
is($t->wait_job($failed->{job})->{state}, 'done', '… and works');
$failed = $t->get("/v1/imports/$failed->{id}")->{json};
is_deeply([@{ $failed->{rows} }{qw(imported rejected)}], [1, 1],
          '… with the rows of others');
like($t->get("/v1/imports/$failed->{id}/errors.csv")->{text}, qr/^2,/m,
     '… which have their lines');
like($t->get("/v1/imports/$failed->{id}/profiles.csv")->{text}, qr/^5,/m,
     '… all of them');
$t->restart_worker('worker.job_max_attempts' => 5);


# --- what else speaks of a person ---------------------------------------------

my %gil = (phone => '11956473829', name => 'Gqxzwjn', email => 'gqxzwjn@x.com',
           text => 'nota hvqpzrkd');

sub gil_is_left { map { files_with($_) } '56473829', @gil{qw(name email text)} }

$t->import_file('gil.csv', "phoneNumber,name,email,nota\n"
    . "$gil{phone},$gil{name} Reis,,$gil{text}\n"
    . "11987654322,Bia,,\n");
my $undone = $t->import_file('gil2.csv', "phoneNumber,name,email,nota\n"
    . ",$gil{name} Reis,$gil{email},x\n$gil{phone},$gil{name},$gil{email},y\n");
my $gil = profile_of($gil{phone});
$t->restart_worker;                         # its rows are in a table
my $records = $t->get("/v1/profiles/$gil")->{json}{records};
is(@$records, 3, 'a person of three records');

# A value that a rule blocks, with a key that has its answer repeated.
my $rule = $t->post('/v1/resolution/rules',
    { type => 'blocked', kind => 'email', value => $gil{email} },
    headers => { 'Idempotency-Key' => 'gil-1' })->{json};
$t->wait_job($rule->{job});
my $kept = $t->post('/v1/resolution/rules', { type => 'apart',
    one => [{ import => $records->[0]{import}, line => $records->[0]{line} }],
    other => [{ import => $first->{id}, line => 3 }] })->{json};
$t->wait_job($kept->{job});
my $others = $t->post('/v1/resolution/rules',
    { type => 'blocked', kind => 'phone', value => '11987654322' })->{json};
$t->wait_job($others->{job});

# Merged, undone, imported again; and exports with and without Gil.
$t->delete("/v1/imports/$undone->{id}");
$t->wait_state("/v1/imports/$undone->{id}", qr/^undone$/);
$t->wait_visible;
$t->import_file("gil$_.csv", "phoneNumber,name,email\n"
    . "$gil{phone},$gil{name} Reis," . ($_ == 1 ? $gil{email} : '')
    . "\n1198765433$_,Hugo$_,\n") for 1 .. 5;

my @exports = map {
    my $audience = $t->post('/v1/audiences', { name => $_, filter => {
        field => 'name', op => 'starts_with', value => $_ } })->{json};
    $t->post("/v1/audiences/$audience->{id}/exports", {})->{json};
} 'Hugo', 'Gqx';
$_ = $t->wait_export($_->{id}) for @exports;
is($t->get($exports[1]{url})->{status}, 200, 'an export with the person');
ok(scalar(gil_is_left()), 'Gil is in many files');
my %before = %{ people() };
delete $before{"$gil{name} Reis"};

erase($gil);
is_deeply([gil_is_left()], [], 'and in none any more');
my %after = %{ people() };
is_deeply([map { "$_ $after{$_}{id}" } sort keys %after],
          [map { "$_ $before{$_}{id}" } sort keys %before],
          'everybody else is who they were');
is($t->count({ field => 'name', op => 'starts_with', value => $gil{name} }), 0,
   'no query finds Gil');
is_deeply($t->get("/v1/fields/name/values?q=gqx")->{json}{items}, [],
          'nor does a list of values');
is($t->get($exports[1]{url})->{status}, 410, 'the export is revoked');
is($t->get("/v1/exports/$exports[1]{id}")->{json}{state}, 'revoked',
   '… as it says');
is($t->get($exports[0]{url})->{status}, 200, 'another one is not');
is($t->get("/v1/resolution/rules/$rule->{id}")->{status}, 404,
   'a rule of a value that nobody else has is gone');
is($t->get("/v1/resolution/rules/$others->{id}")->{status}, 200,
   '… others are not');
$r = $t->delete("/v1/resolution/rules/$kept->{id}");
is($r->{status}, 202, 'a rule that names a record of Gil');
is($t->wait_job($r->{json}{job})->{state}, 'done', '… may go as ever');

$r = $t->delete("/v1/imports/$first->{id}");
is($r->{status}, 202, 'an import of an erased person is undone');
is($t->wait_state("/v1/imports/$first->{id}", qr/^undone$/)->{state}, 'undone',
   '… as any other');
is($t->get('/v1/resolution/report')->{json}{profiles}, $t->count,
   'the report counts who is there');


# --- another id, a split person -----------------------------------------------

$t->import_file('ida.csv', "phoneNumber,name,email\n"
    . "11912093847,Idqwzxk,\n,Idqwzxk Lima,idqwzxk\@x.com\n");
my $young = $t->get('/v1/profiles?email=idqwzxk@x.com')->{json}{items}[0]{id};
my $old = profile_of('11912093847');
isnt($young, $old, 'two profiles');
$t->import_file('ida2.csv', "phoneNumber,name,email\n"
    . "11912093847,Idqwzxk,idqwzxk\@x.com\n");
is($t->get("/v1/profiles/$young")->{json}{id}, $old, '… become one');
my ($part) = @{ $t->get("/v1/profiles/$old")->{json}{records} };
$r = $t->post("/v1/profiles/$old/split", { records => [
    { import => $part->{import}, line => $part->{line} } ] });
is($t->wait_job($r->{json}{job})->{state}, 'done', '… of which one part goes');
$t->wait_visible;
$r = erase($young);
is_deeply([files_with('idqwzxk@x.com')], [], 'a part of a person is erased');
ok(scalar(files_with('Idqwzxk')), '… and the other is there');
$t->import_file('ida3.csv', "phoneNumber,name,email\n11912093847,Idqwzxk,\n");
$r = erase(profile_of('11912093847'));
is_deeply([files_with('Idqwzxk')], [], 'until it is erased, too');


# --- cancelled before its turn ------------------------------------------------

$t->import_file('jo.csv', "phoneNumber,name\n11945678123,Jorge\n");
my $jorge = profile_of('11945678123');
$t->hold_jobs('import:started');
$running = $t->upload('um.csv', "phoneNumber,name\n11945678199,Kai\n")->{json};
$r = $t->delete("/v1/profiles/$jorge");
is($t->post("/v1/jobs/$r->{json}{job}/cancel", {})->{status}, 202,
   'an erasure is cancelled before its turn');
$t->release_jobs;
$t->wait_import($running->{id});
is($t->wait_job($r->{json}{job})->{state}, 'cancelled', '… and did nothing');
is($t->get("/v1/audit/$r->{json}{id}")->{json}{state}, 'cancelled',
   '… as the audit trail says');
$again = $t->import_file('jo.csv', "phoneNumber,name\n11945678123,Jorge\n");
is($again->{rows}{imported}, 1, 'the person may be imported as before');
$t->restart_worker;


# --- an export that is under way ----------------------------------------------

$t->hold_jobs('export:written');
my $audience = $t->post('/v1/audiences', { name => 'Under way',
                        filter => { all => [] } })->{json};
my $export = $t->post("/v1/audiences/$audience->{id}/exports", {})->{json};
$t->wait_for('an export to be written', sub {
    grep { m{^exports/} } files_with('45678123') });
erase($jorge);
is_deeply([files_with('45678123')], [], 'its file is gone, too');
$t->release_jobs;
$export = $t->wait_export($export->{id});
is($export->{state}, 'done', 'an export under way is written anew');
$r = $t->get($export->{url});
is($r->{status}, 200, '… can be had');
unlike($r->{text}, qr/Jorge/, '… without who was erased');
is_deeply([files_with('45678123')], [], '… and nothing is left');
$t->restart_worker;


# --- other tenants, and the only person there is ------------------------------

my %other = (tenant => 'key');
$t->import_file('lia.csv', "phoneNumber,name\n11967812345,Lqzkwia\n", %other);
my $lia = $t->get('/v1/profiles?phone=11967812345', %other)->{json};
$lia = $lia->{items}[0]{id};
$r = $t->delete("/v1/profiles/$lia", %other);
is($t->wait_job($r->{json}{job}, %other)->{state}, 'done',
   'the only person of a tenant is erased');
$t->wait_visible(%other);
is($t->count({ all => [] }, %other), 0, 'nobody is there');
is_deeply([files_with('Lqzkwia')], [], '… and nothing left');
is($t->import_file('lia.csv', "phoneNumber,name\n11967812345,Lqzkwia\n",
                   %other)->{rows}{erased}, 1, 'nor comes back');
is($t->import_file('lia.csv', "phoneNumber,name\n11967812345,Lqzkwia\n"
                   )->{rows}{imported}, 1, "where another tenant's may");


# --- a backup -----------------------------------------------------------------

$t->import_file('mia.csv', "phoneNumber,name,email,nota\n"
    . "11923456781,Mqzxkia,mqzxkia\@x.com,\n11923456782,Nina,,\n"
    . "11999999999,Oqzxwto Abreu,,\n"
    . "11999999999,,,kwqvxzaa\n11999999999,,,kwqvxzbb\n");
$t->stop_worker;
system('cp', '-a', $t->root . '/db', $t->dir . '/backup') == 0 or die;
$t->start_worker;
my $everybody = $t->count;
erase(profile_of('11923456781'));
erase($t->query({ field => 'name', op => 'starts_with', value => 'Oqzxwto' },
                limit => 1)->{profiles}[0]{id});
# Two that nothing but their place in a file is known by.
erase($t->query({ field => 'nota', op => 'equals', value => $_ }, limit => 1)
        ->{profiles}[0]{id}) for 'kwqvxzbb', 'kwqvxzaa';
is_deeply([map { files_with($_) } qw(Mqzxkia Oqzxwto kwqvxz)], [],
          'four are erased');

$t->stop_worker;
system('rm', '-rf', $t->root . '/db') == 0 or die;
system('cp', '-a', $t->dir . '/backup', $t->root . '/db') == 0 or die;
$t->expect_worker(qr/base unusable/);
$t->start_worker;
$t->wait_for('the erasures again', sub {
    my ($entry) = @{ $t->get('/v1/audit')->{json}{items} };
    $entry && $entry->{action} eq 'erase_again' && $entry->{state} eq 'done'
});
$t->wait_visible;
is_deeply([map { files_with($_) } qw(Mqzxkia Oqzxwto kwqvxz)], [],
          'a backup of before does not bring them back');
is($t->count, $everybody - 4, '… and everybody else is there');
ok(people()->{Nina}, '… such as Nina');
is($t->import_file('mia.csv', "phoneNumber,name,email\n"
    . "11923456781,,\n,Mqzxkia,mqzxkia\@x.com\n"
    . "11999999999,Oqzxwto Abreu,\n11999999999,Olga,\n")->{rows}{erased}, 3,
   'nor does a file');

my $number = @{ $t->get('/v1/audit')->{json}{items} };
$t->restart_worker;
$t->wait_for('what the start brings', sub {
    !grep { $_->{state} !~ /^(done|dead|cancelled)$/ }
          @{ $t->get('/v1/jobs')->{json}{items} } });
is(@{ $t->get('/v1/audit')->{json}{items} }, $number, 'once is enough');


# --- phones that are read otherwise -------------------------------------------

my $local = "phoneNumber,name\n97146-2583,Pqzxeu\n98146-2584,Rui\n";
$t->import_file('local.csv', $local);
erase(profile_of('11971462583'));

for my $area ('21', '') {
    $t->restart_worker('import.area_code' => $area);
    is($t->import_file('local.csv', $local)->{rows}{erased}, 1,
       'another area code brings nobody back') or diag($area);
    is_deeply([files_with('Pqzxeu')], [], '… nor among the errors');
}

$t->restart_worker('import.area_code' => '11');


# --- the key ------------------------------------------------------------------

is((stat $t->root . '/erased/key')[2] & 0777, 0600, 'the key is its owner\'s');
is((stat $t->root . '/erased/demo.list')[2] & 0777, 0600, '… as the list is');
$t->stop_worker;
rename $t->root . '/erased/key', $t->root . '/erased/key.away' or die;
$t->expect_worker(qr/cannot start/);
$t->start_worker(wait => 0);
isnt($t->reap('worker', 120), 0, 'without the key the worker does not start');
like($t->worker_log, qr{erased/key is missing}, '… and says why');
rename $t->root . '/erased/key.away', $t->root . '/erased/key' or die;
open my $list, '>>', $t->root . '/erased/demo.list' or die;
print $list '{"id":"adt_';
close $list;
$t->start_worker;
is($t->get('/v1/audit')->{status}, 200, 'a list that was cut off is mended');

$t->finish;
