# Who has refused in a column Opt-in comes in by no other way, until a row says
# yes: by no later file, no extras, events or conversations; and who is known
# already is left out of exports.

use lib 't/lib';
use Audience::Test;
use JSON::PP ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my $json = JSON::PP->new->canonical;
my $reason = qr/The contact has refused before/;


sub file
{
    my ($text, %how) = @_;
    my $import = $t->import_file('crm.csv', $text, %how);
    $t->wait_visible(%how);
    return $import;
}


sub lines
{
    my ($path, @lines) = @_;

    my $r = $t->post($path, join('', map { $json->encode($_) . "\n" } @lines),
                     type => 'application/x-ndjson');
    is($r->{status}, 202, "$path takes lines") or diag(explain($r));
    my $import = $t->wait_import($r->{json}{id});
    $t->wait_visible;
    return $import;
}


sub people
{
    my $found = $t->query({ all => [] }, limit => 1000, @_);
    return [sort map { $_->{fields}{phoneNumber} // $_->{fields}{email}
                       // $_->{fields}{taxDocument} } @{ $found->{profiles} }];
}


sub errors { $t->get("/v1/imports/$_[0]{id}/errors.csv")->{text} }
sub counts { [@{ $_[0]{rows} }{qw(read imported refused_opt_in rejected)}] }


sub undo
{
    my ($import) = @_;
    $t->delete("/v1/imports/$import->{id}");
    $t->wait_state("/v1/imports/$import->{id}", qr/^undone$/);
    $t->wait_visible;
}


my $all = $t->post('/v1/audiences', { name => 'Todos', filter => { all => [] } })
    ->{json}{id};

# Phones of an export of everybody, and how many it left out.
sub exported
{
    my $r = $t->post("/v1/audiences/$all/exports", {});
    my $export = $t->wait_state("/v1/exports/$r->{json}{id}", qr/^done$/);
    my (undef, @rows) = split /\r\n/, $t->get($export->{url})->{text};
    return [[sort map { /^([^,]*)/ } @rows], $export->{refused_opt_in}];
}


# --- nobody knew them --------------------------------------------------------------

my $refusing = file("phoneNumber,email,taxDocument,name,Opt-in\n"
    . "11987654321,ana\@x.com,529.982.247-25,Ana,não\n"
    . "11987654322,,,Bia,sim\n");
is_deeply(people(), ['+5511987654322'], 'who refuses is not stored');

my $import = lines('/v1/extras',
    { phone => '11987654321', extras => { loja => 'A' } },
    { email => 'ANA@x.com', extras => { loja => 'B' } },
    { taxDocument => '52998224725', extras => { loja => 'C' } },
    { phone => '11987654322', extras => { loja => 'D' } });
is_deeply(counts($import), [4, 1, 3, 0], '… nor by extras, by any identifier');
is_deeply([map { /^(\d+),(\w+),"?$reason/ ? "$1 $2" : () }
           split /\r\n/, errors($import)],
          ['1 phoneNumber', '2 email', '3 taxDocument'], '… and errors say so');
unlike(errors($import), qr/7654321|ana|529/i, '… but not who it is');

my $event = { id => 'e-1', campaign => 'Natal', email => 'ana@x.com',
              status => 'read', at => '2026-11-01T12:00:00Z' };
is_deeply(counts(lines('/v1/campaigns/events', $event)), [1, 0, 1, 0],
          '… nor by events');
is_deeply(counts(lines('/v1/conversations', {
    id => 'c-1', phone => '11987654321', messages => [ {
        at => '2026-11-01T12:00:00Z', from => 'customer', text => 'Oi' } ] })),
    [1, 0, 1, 0], '… nor by conversations');
is($t->get('/v1/conversations/c-1')->{status}, 404, '… which are not kept');

my $r = $t->upload('x.csv', "phone,loja\n11987654321,E\n", args => 'kind=extras');
$import = $t->wait_import($r->{json}{id});
is_deeply(counts($import), [1, 0, 1, 0], '… nor by a file of extras');

$import = file("phoneNumber,email,nota\n11987654399,ana\@x.com,1\n"
               . "99,ana\@x.com,2\n11987654323,,3\n");
is_deeply(counts($import), [3, 1, 2, 0],
          '… nor by a file that says nothing of consent');
unlike(errors($import), qr/ana/, '… nor by its errors');
is_deeply(counts(file("phoneNumber,Opt-in\n11987654321,\n11987654324,sim\n")),
          [2, 1, 1, 0], '… nor by an empty cell');
is_deeply(people(), [map { "+551198765432$_" } 2 .. 4], 'they stay out');

my $log = join '', map { $t->read_file($_) } glob "$t->{root}/db/*.log";
unlike($log, qr/987654321|ana\@x|52998224725/, 'nothing is kept of them');

is_deeply(counts(file("phoneNumber\n11987654321\n", tenant => 'other')),
          [1, 1, 0, 0], 'another tenant has heard nothing');


# --- until they agree ---------------------------------------------------------------

$t->stop_worker;
$t->start_worker;
is_deeply(counts(lines('/v1/extras',
                       { phone => '11987654321', extras => { loja => 'F' } })),
          [1, 0, 1, 0], 'a worker that starts again remembers');

my $agreeing = file("phoneNumber,email,taxDocument,Opt-in\n"
                    . "11987654321,ana\@x.com,52998224725,Sim\n");
is_deeply(counts($agreeing), [1, 1, 0, 0], 'a yes lets them in');
is(lines('/v1/campaigns/events', $event)->{rows}{imported}, 1,
   '… and what was not taken then may come again');
is_deeply(counts(file("phoneNumber\n11987654321\n")), [1, 1, 0, 0],
          '… without a word, too');
undo($agreeing);
is_deeply(counts(lines('/v1/extras',
                       { phone => '11987654321', extras => { loja => 'G' } })),
          [1, 0, 1, 0], 'without the yes the no stands again');
undo($refusing);
is_deeply(counts(lines('/v1/extras',
                       { phone => '11987654321', extras => { loja => 'G' } })),
          [1, 1, 0, 0], '… and goes with the import that brought it');


# --- people who are known -------------------------------------------------------------

my $before = people();
is_deeply(exported(), [[grep { /^\+/ } @$before], 0], 'everybody is exported');
my $withdrawn = file("phoneNumber,Opt-in\n11987654323,opt-out\n");
is_deeply($withdrawn->{rows}{imported}, 0, 'somebody withdraws consent');
is_deeply(people(), $before, '… stays in the base, with what was said');
sub profile
{
    my $id = $t->get("/v1/profiles?phone=$_[0]")->{json}{items}[0]{id};
    return $t->get("/v1/profiles/$id")->{json};
}
is_deeply([map { profile("1198765432$_")->{refused_opt_in} ? 1 : 0 } 3, 4],
          [1, 0], '… and their profile says so');
is_deeply(exported(), [[grep { /^\+/ && !/4323/ } @$before], 1],
          '… but is left out of exports');
is_deeply(counts(lines('/v1/extras',
                       { phone => '11987654323', extras => { loja => 'H' } })),
          [1, 0, 1, 0], '… and nothing more is stored of them');
my $again = file("phoneNumber,Opt-in\n11987654323,sim\n");
is_deeply(exported(), [[grep { /^\+/ } @$before], 0], '… until they agree');
undo($again);
is(exported()->[1], 1, '… which is as true as the import that says so');
undo($withdrawn);
is(exported()->[1], 0, '… as is the refusal');

file("phoneNumber,email,Opt-in\n11987654325,eva\@x.com,sim\n");
file("phoneNumber,email,Opt-in\n11987654326,eva\@x.com,sim\n");
file("phoneNumber,Opt-in\n11987654325,não\n");
is(exported()->[1], 1, 'an old phone of theirs speaks for the whole person');


# --- within one file, and odd rows --------------------------------------------------------

$import = file("phoneNumber,Opt-in\n11911110001,não\n11911110001,sim\n"
               . "11911110002,sim\n11911110002,não\n11911110002,\n"
               . "11911110003,não,1\n11911110004;1,não\n");
is_deeply(counts($import), [7, 2, 5, 0], 'rows speak in their order');
is_deeply([map { $_->{rows}{refused_opt_in} } map {
    lines('/v1/extras', { phone => $_, extras => { x => 1 } })
} qw(11911110001 11911110002 11911110003)], [0, 1, 1],
    '… also one with a cell too many');

$import = file("phoneNumber,email,taxDocument,Opt-in\n"
    . "11911110005,naotem\@naotem.com,11.222.333/0001-81,não\n"
    . "11999999999,,12345678909,não\n");
is(file("phoneNumber,email,taxDocument\n"
        . "11911110006,naotem\@naotem.com,11222333000181\n"
        . "11911110007,,12345678909\n11999999999,,\n")->{rows}{imported}, 3,
   'what is written for want of something, or a company, refuses for nobody');

file(join '', "phoneNumber,email,Opt-in\n",
     map { sprintf "119222200%02d,todos\@x.com,sim\n", $_ } 1 .. 40);
file("phoneNumber,email,Opt-in\n11922220001,todos\@x.com,não\n");
is_deeply(counts(lines('/v1/extras', map { {
    phone => "119222200$_", email => 'todos@x.com', extras => { y => 1 }
} } '01', '02')), [2, 1, 1, 0], '… also where that showed by itself');


# --- another key --------------------------------------------------------------------------

$t->stop_worker;
my $key = $t->read_file("$t->{root}/erased/key");
my ($path) = "$t->{root}/erased/key";
open my $file, '>', $path or die;
print $file 'ab' x 32, "\n";
close $file;
$t->start_worker;
$r = $t->post('/v1/extras', '{"phone": "11987654321", "extras": {"a": 1}}',
              type => 'application/x-ndjson');
$import = $t->wait_state("/v1/imports/$r->{json}{id}", qr/^(failed|succeeded)$/);
is($import->{state}, 'failed', 'under another key nobody is let in');
like($t->worker_log, qr/refusals were kept under another key/, '… and the log says why');
$t->stop_worker;
open $file, '>', $path or die;
print $file $key;
close $file;
$t->start_worker;
$t->post("/v1/jobs/$import->{job}/retry", '');
$t->wait_state("/v1/imports/$import->{id}", qr/^succeeded$/);
is($t->get("/v1/imports/$import->{id}")->{json}{rows}{imported}, 1,
   '… until it is back');

$t->finish;
