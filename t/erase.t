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
    return sort @found;
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



# --- the audit trail -----------------------------------------------------------

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


# --- no file brings the person back --------------------------------------------

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
is($t->get("/v1/imports/$again->{id}/errors.csv")->{text} =~ tr/\n//, 1,
   'no row stands among the errors');
erase(profile_of('11972583641'));
is_deeply([traces()], [], 'and is erased likewise');


# --- a worker that is killed meanwhile -----------------------------------------

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
    is($t->wait_job($r->{json}{job})->{state}, 'done', '… it is done after all');
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

$t->finish;
